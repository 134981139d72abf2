"""A new e-mail's folder: small, complete in every locale, and to be rewritten."""

import re
from dataclasses import dataclass
from pathlib import Path

from postroad.authoring.project import Project
from postroad.rendering.build import BASE

SKELETON = Path(__file__).with_name("skeleton")
# What the contract allows as `template`, less what makes two names look alike: capitals and hyphens.
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


class BadName(ValueError):  # noqa: N818 - it says what is wrong
    """A template can't be called this."""


class NameTaken(Exception):  # noqa: N818 - it says what is wrong
    """There is such a folder already."""


@dataclass(frozen=True, slots=True)
class Written:
    """A new folder with its files. `untranslated` are the locales whose texts the skeleton doesn't know."""

    folder: Path
    files: list[Path]
    untranslated: list[str]


def write_template(project: Project, name: str) -> Written:
    """Write the folder of a new e-mail, with texts in every locale that the base has.

    Raises BadName, and NameTaken where the folder is there: nothing is written over.
    """
    if not _NAME.fullmatch(name):
        raise BadName(name)
    folder = project.templates / name
    if folder.exists() or folder.is_symlink():  # a link that leads nowhere is there, and does not exist
        raise NameTaken(name)
    contents = {
        file.name: file.read_text("utf-8").replace("__name__", name)
        for file in sorted(SKELETON.iterdir())
        if file.is_file()
    }
    untranslated: list[str] = []
    for locale in sorted(file.stem for file in (project.templates / BASE / "locales").glob("*.toml")):
        known = SKELETON / "locales" / f"{locale}.toml"
        if not known.is_file():
            known = SKELETON / "locales" / "en.toml"
            untranslated.append(locale)
        contents[f"locales/{locale}.toml"] = known.read_text("utf-8")
    for file, content in contents.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8", newline="")
    return Written(folder, [folder / file for file in contents], untranslated)
