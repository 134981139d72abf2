"""The shipped mails as a browser shows them: with their examples, and pictures that need no network."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from postroad.rendering.build import build_templates, template_names
from postroad.rendering.compiled import CompiledRenderer
from postroad.rendering.mirrored import LOCALE as MIRRORED

if TYPE_CHECKING:
    from playwright.sync_api import Route

TEMPLATES = Path(__file__).resolve().parents[1] / "templates"
_PICTURE = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="520" height="320" viewBox="0 0 520 320">'
    b'<rect width="520" height="320" fill="#9aa5a0"/></svg>'
)


def names() -> list[tuple[str, str]]:
    """Return template and locale of every shipped mail, and of its copy that reads from right to left."""
    return [
        (template, locale)
        for template in template_names(TEMPLATES)
        for locale in (
            *sorted(path.stem for path in (TEMPLATES / template / "locales").glob("*.toml")),
            MIRRORED,
        )
    ]


def compile_mails(target: Path) -> CompiledRenderer:
    """Build all that `names` tells of, into a folder that is made anew."""
    build_templates(TEMPLATES, target, mirrored=True)
    return CompiledRenderer(target)


def html_of(renderer: CompiledRenderer, template: str, locale: str) -> str:
    """Render the HTML part with the template's example."""
    data = json.loads((TEMPLATES / template / "example.json").read_text("utf-8"))
    html = renderer.render(template, locale=locale, data=data).html
    if html is None:
        raise ValueError(f"{template} has no HTML part, so a browser has nothing to show")
    return html


def give_pictures(route: "Route") -> None:
    """Answer for the shop's own server: pictures are the only thing that a mail may load."""
    if route.request.resource_type == "image":
        route.fulfill(body=_PICTURE, content_type="image/svg+xml")
    else:
        route.abort()
