"""Cells that a spreadsheet shows as they are, and takes for no formula. Pure.

https://owasp.org/www-community/attacks/CSV_Injection
"""

_BEGINS_A_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")
_MARK = "'"


def escape_cell(text: str) -> str:
    """Return the text with an apostrophe before what a spreadsheet would run; `unescape_cell` undoes it."""
    return _MARK + text if text[:1] in _BEGINS_A_FORMULA or _is_marked(text) else text


def unescape_cell(text: str) -> str:
    """Return what `escape_cell` was given. Any other text comes back as it is."""
    return text[1:] if _is_marked(text) else text


def _is_marked(text: str) -> bool:
    """Say whether the text looks as if it were escaped: any number of marks before a formula's beginning."""
    bare = text.lstrip(_MARK)
    return len(bare) < len(text) and bare[:1] in _BEGINS_A_FORMULA
