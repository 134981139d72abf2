"""The folder that a writer works in: templates, brand, and the mails as they were approved."""

from dataclasses import dataclass
from pathlib import Path

from postroad.rendering.build import BASE, template_names


class NoProject(Exception):  # noqa: N818 - it says what is not there
    """There are no templates in a folder or above it."""


class NoTemplate(Exception):  # noqa: N818 - it says what is not there
    """The project has no template of this name. `known` lists those that it has."""

    def __init__(self, name: str, known: list[str]) -> None:
        """Keep both for the sentence."""
        super().__init__(f"templates/{name}")
        self.name = name
        self.known = known


@dataclass(frozen=True, slots=True)
class Project:
    """A repository with `templates/`, `config/brand.toml`, and maybe a folder of golden files."""

    root: Path

    @classmethod
    def find(cls, start: Path) -> "Project":
        """Find the project that holds `start`; NoProject if there is none."""
        for folder in (start, *start.parents):
            if (folder / "templates" / BASE).is_dir():
                return cls(folder)
        raise NoProject(str(start))

    @property
    def templates(self) -> Path:
        """The folder with a folder for each e-mail."""
        return self.root / "templates"

    @property
    def brand(self) -> Path:
        """Who the mails come from."""
        return self.root / "config" / "brand.toml"

    @property
    def golden(self) -> Path:
        """Every mail in every locale, as it was approved; a project of one's own may lack it."""
        return self.root / "tests" / "unit" / "rendering" / "golden"

    @property
    def previews(self) -> Path:
        """Where pages to look at are written; never committed."""
        return self.root / "build" / "preview"

    def names(self) -> list[str]:
        """Name the e-mails."""
        return template_names(self.templates)

    def check_name(self, name: str) -> None:
        """Raise NoTemplate for a name that is no e-mail's."""
        known = self.names()
        if name not in known:
            raise NoTemplate(name, known)
