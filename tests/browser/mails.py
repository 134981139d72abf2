"""Every mail in every locale in Chromium: as narrow as a phone, as wide as a desk, by day and by night."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Page

from postroad.rendering.compiled import CompiledRenderer
from tests.browser.axe import grave_faults
from tools.shown_mails import html_of

MEASURE = (Path(__file__).with_name("measure_mail.js")).read_text(encoding="utf-8")
PHONE, DESK = 360, 1280
WIDTHS = (PHONE, DESK)
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
HEIGHT = 900
# A mail is no site: it has no navigation to skip and no landmarks; its title is its subject.
OF_SITES = ("region", "landmark-one-main", "bypass", "skip-link")


@dataclass(frozen=True, slots=True, order=True)
class Rendering:
    template: str
    locale: str
    width: int
    scheme: Scheme

    def __str__(self) -> str:
        return f"{self.template}@{self.locale}-{self.width}-{self.scheme}"


@dataclass(frozen=True, slots=True)
class Looks:
    """What was measured of one rendering; `faults` are sentences by what they are about."""

    faults: dict[str, list[str]]
    texts: int


@dataclass(slots=True)
class MailViewer:
    """A page that shows one mail after another, and remembers what it measured."""

    page: Page
    renderer: CompiledRenderer
    _measured: dict[Rendering, Looks] = field(default_factory=dict)

    def show(self, rendering: Rendering) -> None:
        self.page.emulate_media(color_scheme=rendering.scheme)
        self.page.set_viewport_size({"width": rendering.width, "height": HEIGHT})
        self.page.set_content(html_of(self.renderer, rendering.template, rendering.locale))

    def looks(self, template: str, locale: str) -> Iterator[tuple[Rendering, Looks]]:
        """Yield all renderings of a mail with what was measured, once in a run."""
        loaded = False
        for scheme in SCHEMES:
            for width in WIDTHS:
                rendering = Rendering(template, locale, width, scheme)
                if rendering not in self._measured:
                    if not loaded:
                        self.show(rendering)
                        loaded = True
                    self._measured[rendering] = self._measure(rendering)
                yield rendering, self._measured[rendering]

    def _measure(self, rendering: Rendering) -> Looks:
        self.page.emulate_media(color_scheme=rendering.scheme)
        self.page.set_viewport_size({"width": rendering.width, "height": HEIGHT})
        found: dict[str, Any] = self.page.evaluate(MEASURE)
        texts = found.pop("texts")
        # Colours change with the scheme alone, everything else that axe looks at with neither.
        if rendering.width == PHONE:
            found["contrast"] = grave_faults(self.page, rules=["color-contrast"])
            if rendering.scheme == SCHEMES[0]:
                found["axe"] = grave_faults(self.page, off=[*OF_SITES, "color-contrast"])
        return Looks(found, texts)
