"""The renderer that sending uses: loads what the build compiled, parses nothing."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from pathlib import Path
from threading import Lock

from jinja2 import ModuleLoader

from postroad.rendering.environment import MailEnvironment
from postroad.rendering.failures import BadValue, MissingValue, path_of, path_of_bad_value, path_of_change
from postroad.rendering.formats import Formats, likely_subtags
from postroad.rendering.locales import LocaleChoice, LocaleTag, choose_locale
from postroad.rendering.ports import Rendered, TemplateDataError, TemplateMissing

MANIFEST = "manifest.json"
SUBJECT, TEXT, HTML = "subject.txt", "body.txt", "body.html"
# Gmail shows the first 102 KB of a mail's HTML and hides the rest behind a link.
CLIPPED_BYTES = 102 * 1024
# As long as the contract lets a subject be that the producer writes itself (RFC 5322, section 2.1.1).
LONGEST_SUBJECT = 998
# C0 and C1 controls (less the tab), and Unicode's line and paragraph separators.
_BREAKING = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What was built: the locales of each template (default first), and which have an HTML part."""

    locales: Mapping[str, tuple[str, ...]]
    with_html: frozenset[str]

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """Read `manifest.json`; a folder without one has not been built."""
        path = folder / MANIFEST
        if not path.is_file():
            raise FileNotFoundError(f"{path}: no compiled templates here; run build_templates first")
        templates = json.loads(path.read_text("utf-8"))["templates"]
        return cls(
            {name: tuple(facts["locales"]) for name, facts in templates.items()},
            frozenset(name for name, facts in templates.items() if facts["html"]),
        )


class CompiledRenderer:
    """A Renderer over a folder made by `postroad.rendering.build.build_templates`.

    The manifest is read at the first render, and each template of each locale is loaded when first used and
    kept. Threads may share it: they render one after another.
    """

    def __init__(self, folder: Path) -> None:
        """Name the folder; nothing is read yet."""
        self._folder = folder
        # Babel and Jinja fill caches at first use, and threads that meet there format differently. Rendering
        # is pure computation, so nothing is lost by one at a time.
        self._lock = Lock()
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
        with self._lock:
            return self._render(template, locale=locale, data=data)

    def _render(self, template: str, *, locale: str | None, data: Mapping[str, object]) -> Rendered:
        if template not in self.manifest.locales:
            raise TemplateMissing(template)
        choice = self._choice(template, locale)
        environment = self._environment(choice.formats)
        subject, text, html = (
            partial(_render_part, environment, f"{template}/{part}@{choice.texts}")
            for part in (SUBJECT, TEXT, HTML)
        )
        notes = [choice.note] if choice.note else []
        rendered_subject = subject(data).strip()
        if _breaks_line(rendered_subject):
            raise TemplateDataError(
                path_of_change(data, _breaks_line, subject),
                "holds a line break or control character, which a subject can't have: remove it",
            )
        if len(rendered_subject) > LONGEST_SUBJECT:
            raise TemplateDataError(
                path_of_change(data, _fills_subject, subject),
                f"makes the subject longer than {LONGEST_SUBJECT} characters: shorten it",
            )
        rendered_text = text(data).strip() + "\n"
        rendered_html = None
        if template in self.manifest.with_html:
            rendered_html = html(data)
            size = len(rendered_html.encode())
            if size > CLIPPED_BYTES:
                notes.append(f"the HTML part has {size} bytes: Gmail hides what is beyond {CLIPPED_BYTES}")
        return Rendered(rendered_subject, rendered_text, rendered_html, choice.texts, tuple(notes))

    def _choose(self, template: str, locale: str | None) -> LocaleChoice:
        available = self.manifest.locales[template]
        return choose_locale(locale, available, available[0], likely_subtags())

    def _make_environment(self, tag: LocaleTag) -> MailEnvironment:
        return MailEnvironment(self._loader, Formats(tag))


def _render_part(environment: MailEnvironment, name: str, data: Mapping[str, object]) -> str:
    template = environment.get_template(name)
    try:
        rendered = template.render(data)
        rendered.encode()  # a lone surrogate would fail later, inside the SDK
    except MissingValue as error:
        failure = _missing(data, error)
    except BadValue as error:
        field = path_of_bad_value(data, error, template.render)
        failure = TemplateDataError(field, error.expected)
    except UnicodeEncodeError:
        failure = TemplateDataError("", "holds half of a surrogate pair: send valid Unicode")
    except Exception as error:  # noqa: BLE001 - whatever data does to a template is the data's fault, and permanent
        failure = TemplateDataError("", f"does not fit {name.partition('@')[0]} ({type(error).__name__})")
    else:
        return rendered
    # Raised out here, so that neither cause nor context of it carries the data into a log.
    raise failure


def _missing(data: Mapping[str, object], error: MissingValue) -> TemplateDataError:
    owner = path_of(data, error.owner)
    field = f"{owner}.{error.name}" if owner else error.name
    return TemplateDataError(field, "is missing: the template needs it")


def _fills_subject(text: str) -> bool:
    return len(text) > LONGEST_SUBJECT // 10


def _breaks_line(subject: str) -> bool:
    return _BREAKING.search(subject) is not None
