"""Each mail's README tells which fields of the data it needs. These tests hold it to that, field by field."""

import copy
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from postroad.contract.parser import parse_message
from postroad.contract.rules import StreamRules, check_stream
from postroad.rendering.build import template_names
from postroad.rendering.compiled import CompiledRenderer
from postroad.rendering.ports import Rendered, TemplateDataError

TEMPLATES = Path(__file__).parents[3] / "templates"
HEADER = "| field | type | | meaning |"
ROW = re.compile(r"\| `([a-z_.\[\]]+)` \| ([^|]+) \| (required|optional) \|")
Data = dict[str, Any]
MISSING = object()
EMPTY: Mapping[str, tuple[object, ...]] = {"list": ([],), "object": ({},)}

# What no example shows beside the rest: an invoice is either paid or not.
VARIANTS: Mapping[str, Data] = {"invoice": {"paid": {"on": "2026-11-22", "method": "credit card"}}}


def readme(template: str) -> str:
    return (TEMPLATES / template / "README.md").read_text("utf-8")


def example(template: str) -> Data:
    data: Data = json.loads((TEMPLATES / template / "example.json").read_text("utf-8"))
    return data


def fields(template: str) -> list[tuple[str, str, str]]:
    """Return path, type, and required or optional of each row."""
    return [(path, kind.strip(), need) for path, kind, need in ROW.findall(readme(template))]


NAMES = [name for name in template_names(TEMPLATES) if HEADER in readme(name)]
FIELDS = [(name, *field) for name in NAMES for field in fields(name)]


def owners(data: object, path: str) -> Iterator[tuple[Data, str]]:
    """Yield each object that has the field, and its name there; `a[].b` looks into every item of a."""
    first, _, rest = path.partition(".")
    name = first.removesuffix("[]")
    if not isinstance(data, dict) or name not in data:
        return
    if not rest:
        yield data, name
        return
    inner = data[name]
    for item in inner if first.endswith("[]") else [inner]:
        yield from owners(item, rest)


def paths_in(data: Data, prefix: str = "") -> Iterator[str]:
    for name, value in data.items():
        path = f"{prefix}{name}"
        yield path
        if isinstance(value, dict):
            yield from paths_in(value, f"{path}.")
        if isinstance(value, list):
            for item in value:
                yield from paths_in(item, f"{path}[].")


def variants(template: str) -> list[Data]:
    return [example(template), example(template) | VARIANTS.get(template, {})]


def render(renderer: CompiledRenderer, template: str, data: Data, locale: str = "en") -> Rendered:
    mail = renderer.render(template, locale=locale, data=data)
    assert mail.html is not None
    assert "\n\n\n" not in mail.text
    assert not re.search(r"<(p|strong|h2|table)\b[^>]*>\s*</\1>", mail.html)
    return mail


@pytest.mark.parametrize("template", NAMES)
def test_the_readme_names_what_is_in_the_example_and_nothing_else(template: str) -> None:
    rows = fields(template)
    documented = {path for path, _, _ in rows}
    shown = {path for data in variants(template) for path in paths_in(data)}
    addresses = tuple(f"{path}." for path, kind, _ in rows if kind == "address")
    assert {path for path in shown if not path.startswith(addresses)} == documented


@pytest.mark.parametrize(("template", "path", "kind", "need"), FIELDS)
def test_a_required_field_is_missed_by_name_and_an_optional_one_is_not(
    renderer: CompiledRenderer, template: str, path: str, kind: str, need: str
) -> None:
    refused: list[str] = []
    for data in variants(template):
        empties = [MISSING] if need == "required" else [MISSING, None, "", *EMPTY.get(kind, ())]
        for empty in empties:
            changed = copy.deepcopy(data)
            for owner, name in list(owners(changed, path)):
                if empty is MISSING:
                    del owner[name]
                else:
                    owner[name] = empty
            if changed == data:
                continue
            try:
                render(renderer, template, changed)
            except TemplateDataError as error:
                refused.append(re.sub(r"\d+", "", error.field))
    assert set(refused) <= {path} if need == "required" else not refused
    assert kind == "address" or bool(refused) == (need == "required")


@pytest.mark.parametrize("template", NAMES)
def test_the_message_in_the_readme_is_accepted_and_rendered(
    renderer: CompiledRenderer, template: str
) -> None:
    (block,) = re.findall(r"```json\n(.*?)```", readme(template), re.DOTALL)
    message = parse_message(block)
    marketing = message.stream == "marketing"
    check_stream(message, StreamRules(message.stream, marketing, "postroad-attachments"))
    assert message.template == template
    assert (message.topic is not None) == marketing
    for locale in renderer.manifest.locales[template]:
        mail = render(renderer, template, dict(message.data), locale)
        assert mail.text.count("\n") > 8


@pytest.mark.parametrize("template", NAMES)
def test_a_mail_of_forty_lines_is_far_below_what_gmail_clips(
    renderer: CompiledRenderer, template: str
) -> None:
    data = example(template)
    for name, value in data.items():
        if isinstance(value, list) and name != "taxes":
            data[name] = (value * 40)[:40]
    html = render(renderer, template, data, "es").html or ""
    assert len(html.encode()) < 80 * 1024


def test_a_password_reset_carries_its_link_untracked_and_names_nobody(renderer: CompiledRenderer) -> None:
    data = example("password_reset")
    for locale in renderer.manifest.locales["password_reset"]:
        mail = render(renderer, "password_reset", data, locale)
        anchors = re.findall(r"<a\b[^>]*>", mail.html or "")
        assert len(anchors) == 2  # the shop's name and the button
        assert all(" ses:no-track" in anchor for anchor in anchors)
        assert mail.text.count(data["reset_url"]) == 1
        assert data["reset_url"] not in mail.subject
    assert sorted(data) == ["reset_url", "valid_minutes"]


def test_a_link_that_is_not_https_is_refused_by_name(renderer: CompiledRenderer) -> None:
    for template, path, kind, _ in FIELDS:
        if kind != "https link":
            continue
        data = example(template)
        if path in {"order_url", "invoice_url"}:  # each stands in for another link
            data = {name: data[name] for name in data.keys() - {"tracking_url", "payment_url"}}
        for owner, name in owners(data, path):
            owner[name] = "javascript:alert(1)"
        with pytest.raises(TemplateDataError) as caught:
            render(renderer, template, data)
        assert re.sub(r"\[\d+\]", "[]", caught.value.field or "") == path


def test_examples_and_their_attachments_stay_out_of_what_is_deployed(compiled: Path) -> None:
    kinds = {path.suffix for path in compiled.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    assert kinds == {".py", ".json"}
    assert [path.name for path in compiled.glob("*.json")] == ["manifest.json"]
