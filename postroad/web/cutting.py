"""How a page is cut into pieces: what always stands, what stands at times, and places. Pure.

    {% call when("saved") %}<p>Saved.</p>{% endcall %}   stands where the answer has this mark
    {% call when("!saved") %}...{% endcall %}            stands where it doesn't
    {{ topic }}, {{ day }}, {{ css }}, {{ mail }}        the topic's name, a day, the styles of all pages, and
                                                         the mail that led here, for links to other languages

So an answer says which of the page's own words stand, and never brings any.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# No brand and no text holds these: private use.
_BEGIN, _NAMED, _END, _PLACE = "\ue000", "\ue001", "\ue002", "\ue003"
_CUT = re.compile(f"({_BEGIN}[^{_NAMED}]*{_NAMED}|{_END}|{_PLACE}[^{_NAMED}]*{_NAMED})")
_NOT = "!"

Piece = tuple[list[str], str, str]
"""The marks that it needs (or, after `!`, must not have), its HTML, and the place that stands after it."""


def place(name: str) -> str:
    """Return what stands in a page for `topic`, `day`, `mail` or `styles`, until it is cut."""
    return f"{_PLACE}{name}{_NAMED}"


def when(mark: str, caller: Callable[[], str]) -> str:
    """Return what is shown at times, until the page is cut."""
    return f"{_BEGIN}{mark}{_NAMED}{caller()}{_END}"


def cut(page: str) -> list[Piece]:
    """Cut a page. Raises ValueError where what begins has no end."""
    pieces: list[Piece] = []
    marks: list[str] = []
    html = ""
    for part in _CUT.split(page):
        if not part.startswith((_BEGIN, _END, _PLACE)):
            html = part
            continue
        pieces.append((list(marks), html, part[1:-1] if part.startswith(_PLACE) else ""))
        html = ""
        if part.startswith(_BEGIN):
            marks.append(part[1:-1])
        elif part == _END:
            if not marks:
                raise ValueError("a part of the page ends that has not begun")
            marks.pop()
    if marks:
        raise ValueError(f"the part {marks[-1]} of the page doesn't end")
    pieces.append(([], html, ""))
    return [piece for piece in pieces if piece[1] or piece[2]]


def stands(marks: list[str], given: frozenset[str]) -> bool:
    """Say whether a piece stands in an answer with these marks."""
    return all((mark.removeprefix(_NOT) in given) is not mark.startswith(_NOT) for mark in marks)
