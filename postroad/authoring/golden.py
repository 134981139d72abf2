"""Golden files: every mail in every locale as somebody approved it, `<template>@<locale>.txt` and `.html`."""

import tempfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from postroad.authoring.project import Project
from postroad.rendering.build import build_templates
from postroad.rendering.compiled import CompiledRenderer
from postroad.rendering.examples import EXAMPLE, read_data


@dataclass(frozen=True, slots=True)
class Approved:
    """What approving did to the folder, by the files' names, and how many were as before."""

    new: list[str]
    changed: list[str]
    removed: list[str]
    unchanged: int


def golden_files(templates: Path, renderer: CompiledRenderer) -> Iterator[tuple[str, str]]:
    """Yield name and content of each file: every template that was built, with its example."""
    for template, locales in renderer.manifest.locales.items():
        data = read_data(templates / template / EXAMPLE)
        for locale in locales:
            mail = renderer.render(template, locale=locale, data=data)
            yield f"{template}@{locale}.txt", f"Subject: {mail.subject}\n\n{mail.text}"
            if mail.html is not None:
                yield f"{template}@{locale}.html", mail.html


def approve(project: Project, only: Collection[str] | None = None) -> Approved:
    """Write the golden files of `only`, or of all templates; files of what is gone are removed.

    Raises TemplateBuildError for templates that can't be built; nothing is written then.
    """
    with tempfile.TemporaryDirectory() as folder:
        compiled = Path(folder) / "compiled"
        build_templates(project.templates, compiled, brand=project.brand, only=only)
        wanted = dict(golden_files(project.templates, CompiledRenderer(compiled)))
    project.golden.mkdir(parents=True, exist_ok=True)
    names = project.names()
    approved = Approved([], [], [], 0)
    unchanged = 0
    for path in sorted(project.golden.iterdir()):
        template, at, _ = path.name.partition("@")
        if not at or path.suffix not in {".txt", ".html"} or not path.is_file():
            continue  # it is no golden file, whoever put it there
        judged = template in only if only is not None else True
        if path.name not in wanted and (judged or template not in names):
            path.unlink()
            approved.removed.append(path.name)
    for name, content in wanted.items():
        path = project.golden / name
        before = path.read_bytes() if path.is_file() else None
        if before == content.encode():
            unchanged += 1
            continue
        (approved.changed if before is not None else approved.new).append(name)
        path.write_text(content, "utf-8", newline="")
    return Approved(approved.new, approved.changed, approved.removed, unchanged)
