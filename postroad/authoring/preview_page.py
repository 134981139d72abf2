"""One page to look at mails: a file of its own that asks nothing of any server."""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from postroad.authoring.pictures import draw_pictures
from postroad.authoring.rendering import Shown
from postroad.rendering.mirrored import LOCALE as MIRRORED

FOLDER = Path(__file__).with_name("preview")
PHONE, DESKTOP = 360, 800
"""Pixels. A mail is at most 600 wide, so a wider frame would show more of what is around it."""


@dataclass(frozen=True, slots=True)
class Width:
    """A frame's width in pixels, and its name in the page."""

    name: str
    pixels: int


WIDTHS = (Width("Phone", PHONE), Width("Desktop", DESKTOP))


def make_page(mails: Sequence[Shown], *, shop: str, widths: Sequence[Width] = WIDTHS) -> str:
    """Return the page. Each mail's frame is made when it comes into view."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    script = (FOLDER / "preview.js").read_text("utf-8")
    return environment.get_template("preview.html").render(
        shop=shop,
        templates=[(name, list(group)) for name, group in groupby(mails, key=lambda mail: mail.template)],
        locales=list(dict.fromkeys(mail.locale for mail in mails)),
        widths=widths,
        count=len(mails),
        mirrored=MIRRORED,
        style=Markup((FOLDER / "preview.css").read_text("utf-8")),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
        script_hash=_hash(script),
        mails=Markup(_json({identity(mail): draw_pictures(mail.html or "") for mail in mails})),  # noqa: S704 - escaped by _json
    )


def identity(mail: Shown) -> str:
    """Name a mail in the page and in its address."""
    return f"{mail.template}@{mail.locale}"


def _json(value: object) -> str:
    """Write JSON that can stand in a script element: no letter of it can end the element."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c").replace("\u2028", "\\u2028")


def _hash(script: str) -> str:
    """Name the only script that the page may run, for its Content-Security-Policy."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
