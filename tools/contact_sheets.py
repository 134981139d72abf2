"""Write build/browser/sheets/<mail>-<width>-<scheme>.png: a mail in all its locales, side by side."""

import html
import sys
import tempfile
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tools.browser import NO_BROWSER, browser, find_browser
from tools.shown_mails import compile_mails, give_pictures, html_of, names

if TYPE_CHECKING:
    from playwright.sync_api import Page

TARGET = Path(__file__).resolve().parents[1] / "build" / "browser" / "sheets"
WIDTHS = {360: 1.0, 1280: 0.6}  # CSS px, and by how much the sheet shrinks them
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_GAP = 16
_SHEET = 2600  # CSS px before shrinking: five phones or two desks in a row
# Each frame grows to its mail, so that the sheet shows all of it.
_GROW = """
() => { for (const frame of document.querySelectorAll("iframe")) {
  frame.style.height = `${frame.contentDocument.documentElement.scrollHeight}px`;
} }
"""


def main(wanted: list[str]) -> int:
    """Write the sheets of the named mails, or of all."""
    executable = find_browser()
    if executable is None:
        print(NO_BROWSER, file=sys.stderr)
        return 1
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        renderer = compile_mails(Path(folder) / "compiled")
        with browser(executable) as chromium:
            page = chromium.new_page()
            page.route("https://**/*", give_pictures)
            for template, pairs in groupby(names(), key=lambda each: each[0]):
                if not wanted or template in wanted:
                    locales = {locale: html_of(renderer, template, locale) for _, locale in pairs}
                    for path in _sheets(page, template, locales):
                        print(path)
    return 0


def _sheets(page: "Page", template: str, locales: dict[str, str]) -> Iterator[Path]:
    for width, scale in WIDTHS.items():
        columns = min(len(locales), _SHEET // width)
        page.set_viewport_size({"width": round(columns * (width * scale + _GAP)) + _GAP, "height": 400})
        page.set_content(_document(locales, width, scale))
        page.evaluate(_GROW)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            path = TARGET / f"{template}-{width}-{scheme}.png"
            page.screenshot(path=path, full_page=True)
            yield path


def _document(locales: dict[str, str], width: int, scale: float) -> str:
    frames = "".join(
        f"<figure><figcaption>{locale}</figcaption>"
        f'<iframe width="{width}" srcdoc="{html.escape(mail)}"></iframe></figure>'
        for locale, mail in locales.items()
    )
    return (
        "<!DOCTYPE html><meta charset=utf-8><style>"
        f"body {{ margin: {_GAP}px; display: flex; flex-wrap: wrap; gap: {_GAP}px; background: #888 }}"
        f"figure {{ margin: 0; zoom: {scale}; font: 14px sans-serif }} iframe {{ border: 0; display: block }}"
        f"</style><body>{frames}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
