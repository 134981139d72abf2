"""Blocks of a page that a program writes, between two comments that stay unseen."""

from __future__ import annotations


def marks(name: str) -> tuple[str, str]:
    """Return what begins and ends the block of this name."""
    return f"<!-- {name} -->\n", f"<!-- /{name} -->\n"


def block(text: str, name: str) -> str:
    """Return what stands in the block. Raises ValueError where the page has none."""
    begin, end = marks(name)
    start = text.index(begin) + len(begin)
    return text[start : text.index(end, start)]


def with_block(text: str, name: str, content: str) -> str:
    """Return the page with this in its block. Raises ValueError where the page has none."""
    begin, _ = marks(name)
    before, _, rest = text.partition(begin)
    return f"{before}{begin}{content}{rest[len(block(text, name)) :]}"
