"""Renders each mail's example in each of its locales, and says which line of which file doesn't work."""

import json
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import ModuleLoader

from postroad.rendering.checks import problems_of, warnings_of
from postroad.rendering.compiled import HTML, SUBJECT, TEXT, CompiledRenderer
from postroad.rendering.environment import MailEnvironment
from postroad.rendering.formats import Formats, likely_subtags
from postroad.rendering.locales import choose_locale
from postroad.rendering.ports import Rendered, TemplateDataError

EXAMPLE = "example.json"


@dataclass(slots=True)
class Findings:
    """Sentences that begin with a file. A build with problems fails; with warnings it doesn't."""

    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class Examples:
    """The examples of `source`, with templates that were compiled into `target`."""

    def __init__(self, source: Path, target: Path) -> None:
        self._source = source
        self._target = target
        self._renderer = CompiledRenderer(target)

    def check(self, template: str) -> Findings:
        """Render and look at every locale of one template."""
        found = Findings()
        path = self._source / template / EXAMPLE
        try:
            data = read_data(path)
        except ValueError as error:
            found.problems.append(str(error))
            return found
        for locale in self._renderer.manifest.locales[template]:
            try:
                mail = self.render(template, locale, data, path)
            except ValueError as error:
                found.problems.append(f"{error} (in {locale})")
            else:
                where = f"{self._source / template}: in {locale} "
                found.problems += [where + problem for problem in problems_of(mail)]
                found.warnings += [where + warning for warning in warnings_of(mail)]
        return found

    def render(self, template: str, locale: str, data: Mapping[str, object], name: Path) -> Rendered:
        """Render with data of the file `name`; ValueError says which field of it failed, at which line."""
        try:
            return self._renderer.render(template, locale=locale, data=data)
        except TemplateDataError as error:
            place = self._place_of_failure(template, locale, data)
            raise ValueError(f"{name}: {error}{f': see {place}' if place else ''}") from None

    def _place_of_failure(self, template: str, locale: str, data: Mapping[str, object]) -> str:
        """Name the line of the template's own file where rendering ended."""
        available = self._renderer.manifest.locales[template]
        choice = choose_locale(locale, available, available[0], likely_subtags())
        environment = MailEnvironment(ModuleLoader(self._target), Formats(choice.formats))
        for part in (SUBJECT, TEXT, HTML):
            key = f"{template}/{part}@{choice.texts}"
            compiled = ModuleLoader.get_module_filename(key)
            if not (self._target / compiled).is_file():
                continue
            try:
                environment.get_template(key).render(data)
            except Exception as error:  # noqa: BLE001 - whatever it is, its traceback is what we are after
                # Jinja rewrites the traceback of a template to lines of its source.
                frames = traceback.extract_tb(error.__traceback__)
                lines = [frame.lineno for frame in frames if Path(frame.filename).stem == Path(compiled).stem]
                return f"{self._source / template / part}: line {lines[-1]}" if lines else ""
        return ""


def read_data(path: Path) -> dict[str, object]:
    """Read a JSON object; ValueError names the file, and the line if it has a slip."""
    try:
        data = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: {error}") from error
    if not isinstance(data, dict):
        raise ValueError(f"{path}: expected a JSON object")  # noqa: TRY004 - a wrong file, not a wrong call
    return data
