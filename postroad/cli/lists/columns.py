"""Names of columns, whoever wrote them. Pure."""


def plain(name: str) -> str:
    """Return what is the same however a name is written: case, blanks, `_` and `-` don't matter."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())
