"""The mails that a preview shows: each example, or other data, in some locales."""

import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from postroad.authoring.project import Project
from postroad.rendering.build import build_templates
from postroad.rendering.checks import problems_of, warnings_of
from postroad.rendering.compiled import Manifest
from postroad.rendering.examples import EXAMPLE, Examples, read_data
from postroad.rendering.locales import parse_locale
from postroad.rendering.mirrored import LOCALE as MIRRORED
from postroad.rendering.page import read
from postroad.rendering.ports import Rendered


@dataclass(frozen=True, slots=True)
class Shown:
    """One mail in one locale. `html` is None for a mail of text alone; `notes` are sentences about it."""

    template: str
    locale: str
    subject: str
    preheader: str
    text: str
    html: str | None
    notes: list[str]

    @property
    def bytes(self) -> int:
        """The size that Gmail clips by."""
        return len((self.html or "").encode())


class UnknownLocale(Exception):  # noqa: N818 - it says what is not there
    """A template has no texts for readers of this locale, who get its default. `known` lists those it has."""

    def __init__(self, template: str, locale: str, known: list[str]) -> None:
        """Keep all for the sentence."""
        super().__init__(f"{template} in {locale}")
        self.template = template
        self.locale = locale
        self.known = known


def render(
    project: Project,
    only: Collection[str] | None = None,
    *,
    locale: str | None = None,
    every_locale: bool = False,
    data: Path | None = None,
) -> list[Shown]:
    """Render the named templates, or all, for one locale (the default's if None) or in every one they have.

    A reader of es-CO gets the texts of es, as when it is sent. ar-XB, in which mails run from right to left,
    is always there. TemplateBuildError for templates that can't be built, ValueError for data that does not
    fit, UnknownLocale.
    """
    with tempfile.TemporaryDirectory() as folder:
        compiled = Path(folder) / "compiled"
        build_templates(project.templates, compiled, brand=project.brand, only=only, mirrored=True)
        examples = Examples(project.templates, compiled)
        shown = []
        for template, locales in Manifest.read(compiled).locales.items():
            wanted = locales if every_locale else (locale or locales[0],)
            file = data or project.templates / template / EXAMPLE
            content = read_data(file)
            for one in wanted:
                mail = examples.render(template, one, content, file)
                if _language(mail.locale) != _language(one):
                    raise UnknownLocale(template, one, list(locales))
                shown.append(_shown(template, one, mail))
        return shown


def _language(locale: str) -> str:
    tag = parse_locale(locale)
    return tag.language if tag else ""


def _shown(template: str, locale: str, mail: Rendered) -> Shown:
    notes = [*problems_of(mail), *warnings_of(mail)]
    if locale == MIRRORED:
        notes.append("The default's texts from right to left: to look at, never sent.")
    preheader = read(mail.html).preheader if mail.html is not None else ""
    return Shown(template, locale, mail.subject, preheader, mail.text, mail.html, notes)
