import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from postroad.rendering.build import build_templates
from postroad.rendering.compiled import CompiledRenderer

TEMPLATES = Path(__file__).parents[3] / "templates"


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped templates, compiled once for the whole run."""
    target = tmp_path_factory.mktemp("templates") / "compiled"
    build_templates(TEMPLATES, target)
    return target


@pytest.fixture(scope="session")
def renderer(compiled: Path) -> CompiledRenderer:
    return CompiledRenderer(compiled)


@pytest.fixture
def example() -> dict[str, object]:
    content: dict[str, object] = json.loads(
        (TEMPLATES / "order_confirmation" / "example.json").read_text("utf-8")
    )
    return content


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A copy of the base and of one template, quick to build, that a test may spoil."""
    others = {path.name for path in TEMPLATES.iterdir() if path.is_dir()} - {"_base", "order_confirmation"}
    (tmp_path / "config").mkdir()
    shutil.copyfile(Path(__file__).with_name("sample_brand.toml"), tmp_path / "config" / "brand.toml")
    return shutil.copytree(TEMPLATES, tmp_path / "templates", ignore=shutil.ignore_patterns(*others))


Mail = Callable[..., Path]
# Without one nothing is built; every mail of the shipped layout has it.
PREHEADER = '<div style="display: none">What this is about</div>'


@pytest.fixture
def small(sources: Path) -> Mail:
    """Write a folder of one template, `note`, beside the shipped base, and give the templates' folder."""
    shutil.rmtree(sources / "order_confirmation")

    def write(
        *,
        subject: str = "Hello",
        text: str = '{{ t("labelled", label="a", value="b") }}{{ t("help") }}',
        html: str | None = None,
        example: object = None,
        **locales: str,
    ) -> Path:
        note = sources / "note"
        (note / "locales").mkdir(parents=True)
        (note / "subject.txt").write_text(subject, "utf-8")
        (note / "body.txt").write_text(
            '{{ t("labelled", label="a", value="b") }}{{ t("help") }}' + text, "utf-8"
        )
        if html is not None:
            (note / "body.html").write_text(PREHEADER + html, "utf-8")
        (note / "example.json").write_text(json.dumps({} if example is None else example), "utf-8")
        for locale, content in (locales or {"en": ""}).items():
            (note / "locales" / f"{locale.replace('_', '-')}.toml").write_text(content, "utf-8")
        return sources

    return write
