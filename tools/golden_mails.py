"""Write the golden e-mails of tests/unit/rendering anew; then read the difference before committing it."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from postroad.rendering.build import build_templates
from postroad.rendering.compiled import CompiledRenderer

ROOT = Path(__file__).parents[1]
TEMPLATES = ROOT / "templates"
GOLDEN = ROOT / "tests" / "unit" / "rendering" / "golden"


def golden_files(renderer: CompiledRenderer) -> Iterator[tuple[str, str]]:
    """Yield name and content of each file: every template with its example in each of its locales."""
    for template, locales in renderer.manifest.locales.items():
        data = json.loads((TEMPLATES / template / "example.json").read_text("utf-8"))
        for locale in locales:
            mail = renderer.render(template, locale=locale, data=data)
            yield f"{template}@{locale}.txt", f"Subject: {mail.subject}\n\n{mail.text}"
            if mail.html is not None:
                yield f"{template}@{locale}.html", mail.html


def main() -> None:
    """Replace the folder's content."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "compiled"
        build_templates(TEMPLATES, target)
        files = dict(golden_files(CompiledRenderer(target)))
    for path in GOLDEN.iterdir():
        path.unlink()
    for name, content in files.items():
        (GOLDEN / name).write_text(content, "utf-8", newline="")
    print(f"{len(files)} files in {GOLDEN}: read `git diff` before you commit them")


if __name__ == "__main__":
    main()
