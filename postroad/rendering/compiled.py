"""The renderer that sending uses: loads what the build compiled, parses nothing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from jinja2 import ModuleLoader

from postroad.rendering.environment import RESERVED_NAME, MailEnvironment
from postroad.rendering.failures import BadValue, MissingValue, path_of, walk
from postroad.rendering.formats import likely_subtags
from postroad.rendering.locales import LocaleChoice, LocaleTag, choose_locale
from postroad.rendering.ports import Rendered, TemplateDataError, TemplateMissing

MANIFEST = "manifest.json"
# Gmail shows the first 102 KB of a mail's HTML and hides the rest behind a link.
CLIPPED_BYTES = 102 * 1024
# C0 and C1 controls (less the tab), and Unicode's line and paragraph separators.
_BREAKING = frozenset({*range(0x09), *range(0x0A, 0x20), *range(0x7F, 0xA0), 0x2028, 0x2029})
# Each suspect costs one more rendering of the subject, and data may hold thousands.
_SUSPECTS = 50


@dataclass(frozen=True, slots=True)
class Manifest:
    """What was built: the brand, and the locales (default first) and parts of each template."""

    brand: Mapping[str, object]
    locales: Mapping[str, tuple[str, ...]]
    with_html: frozenset[str]

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """Read `manifest.json`; a folder without one has not been built."""
        path = folder / MANIFEST
        if not path.is_file():
            raise FileNotFoundError(f"{path}: no compiled templates here; run postroad.rendering.build first")
        content = json.loads(path.read_text("utf-8"))
        templates = content["templates"]
        return cls(
            content["brand"],
            {name: tuple(facts["locales"]) for name, facts in templates.items()},
            frozenset(name for name, facts in templates.items() if facts["html"]),
        )


class CompiledRenderer:
    """A Renderer over a folder made by `postroad.rendering.build.build_templates`.

    The manifest is read at the first render, and each template of each locale is loaded when first used and
    kept. Rendering is thread-safe: nothing here changes but caches.
    """

    def __init__(self, folder: Path) -> None:
        """Name the folder; nothing is read yet."""
        self._folder = folder
        # One environment for each pair of locales: filters are bound to it, so no render passes state around.
        self._environment = lru_cache(maxsize=64)(self._make_environment)
        self._choice = lru_cache(maxsize=1024)(self._choose)

    @cached_property
    def manifest(self) -> Manifest:
        """What the folder holds."""
        return Manifest.read(self._folder)

    @cached_property
    def _loader(self) -> ModuleLoader:
        return ModuleLoader(self._folder)

    def render(self, template: str, *, locale: str | None, data: Mapping[str, object]) -> Rendered:
        """See Renderer.render."""
        if template not in self.manifest.locales:
            raise TemplateMissing(template)
        if RESERVED_NAME in data:
            raise TemplateDataError(RESERVED_NAME, "this name is Postroad's own in templates: use another")
        choice = self._choice(template, locale)
        environment = self._environment(choice.texts, choice.formats)
        notes = [choice.note] if choice.note else []
        subject = _render_part(environment, f"{template}/subject.txt@{choice.texts}", data).strip()
        if _has_line_break(subject):
            name = f"{template}/subject.txt@{choice.texts}"
            raise TemplateDataError(
                _field_with_line_break(environment, name, data),
                "holds a line break or control character, which a subject can't have: remove it",
            )
        text = _render_part(environment, f"{template}/body.txt@{choice.texts}", data).strip() + "\n"
        html = None
        if template in self.manifest.with_html:
            html = _render_part(environment, f"{template}/body.html@{choice.texts}", data)
            size = len(html.encode())
            if size > CLIPPED_BYTES:
                notes.append(f"the HTML part has {size} bytes: Gmail hides what is beyond {CLIPPED_BYTES}")
        return Rendered(subject, text, html, choice.texts, tuple(notes))

    def _choose(self, template: str, locale: str | None) -> LocaleChoice:
        available = self.manifest.locales[template]
        return choose_locale(locale, available, available[0], likely_subtags())

    def _make_environment(self, texts: str, formats: LocaleTag) -> MailEnvironment:
        return MailEnvironment(self._loader, formats, texts, self.manifest.brand)


def _render_part(environment: MailEnvironment, name: str, data: Mapping[str, object]) -> str:
    try:
        rendered = environment.get_template(name).render(data)
        rendered.encode()  # a lone surrogate would fail later, inside the SDK
    except MissingValue as error:
        failure = _missing(data, error)
    except BadValue as error:
        failure = TemplateDataError(path_of(data, error.value), error.expected)
    except UnicodeEncodeError:
        failure = TemplateDataError("", "holds half of a surrogate pair: send valid Unicode")
    except Exception as error:  # noqa: BLE001 - whatever data does to a template is the data's fault, and permanent
        failure = TemplateDataError("", f"does not fit {name.partition('@')[0]} ({type(error).__name__})")
    else:
        return rendered
    # Raised out here, so that neither cause nor context of it carries the data into a log.
    raise failure


def _missing(data: Mapping[str, object], error: MissingValue) -> TemplateDataError:
    owner = "" if error.owner is data else path_of(data, error.owner)
    return TemplateDataError(
        f"{owner}.{error.name}" if owner else error.name, "is missing: the template needs it"
    )


def _has_line_break(subject: str) -> bool:
    return any(ord(character) in _BREAKING for character in subject)


def _field_with_line_break(environment: MailEnvironment, name: str, data: Mapping[str, object]) -> str:
    """Find the field by taking the breaks out of one suspect at a time until the subject changes."""
    before = _render_part(environment, name, data)
    suspects = [
        (path, value) for path, value in walk(data) if isinstance(value, str) and _has_line_break(value)
    ]
    for path, value in suspects[:_SUSPECTS]:
        if _render_part(environment, name, _without(data, value)) != before:
            return path
    return ""


def _without(data: Mapping[str, object], target: str) -> dict[str, object]:
    def copy(value: object) -> object:
        if value is target:
            return ""
        if isinstance(value, Mapping):
            return {key: copy(child) for key, child in value.items()}
        if isinstance(value, list | tuple):
            return [copy(child) for child in value]
        return value

    return {key: copy(value) for key, value in data.items()}
