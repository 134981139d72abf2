"""What a name in a template may find in data: the data's own items, and nothing of Python's."""

from collections.abc import Callable
from pathlib import Path

import pytest

from postroad.rendering.build import build_templates
from postroad.rendering.compiled import CompiledRenderer
from postroad.rendering.ports import TemplateDataError
from postroad.rendering.problems import TemplateBuildError

Mail = Callable[..., Path]
METHODS = ["items", "keys", "values", "get", "pop", "copy", "update"]


def build(small: Mail, expression: str, example: object, tmp_path: Path) -> CompiledRenderer:
    source = small(text=f"[{{{{ {expression} }}}}]", example=example)
    build_templates(source, tmp_path / "compiled")
    return CompiledRenderer(tmp_path / "compiled")


@pytest.mark.parametrize("name", METHODS)
def test_a_field_may_have_the_name_of_a_method(small: Mail, tmp_path: Path, name: str) -> None:
    renderer = build(small, f"order.{name}", {"order": {name: "mine"}}, tmp_path)
    assert "[yours]" in renderer.render("note", locale=None, data={"order": {name: "yours"}}).text
    with pytest.raises(TemplateDataError) as caught:
        renderer.render("note", locale=None, data={"order": {}})
    assert (caught.value.field, caught.value.detail[:10]) == (f"order.{name}", "is missing")


@pytest.mark.parametrize("expression", ["order.__class__", "order['__class__']"])
def test_a_field_may_have_the_name_of_an_attribute(small: Mail, tmp_path: Path, expression: str) -> None:
    renderer = build(small, expression, {"order": {"__class__": "mine"}}, tmp_path)
    assert "[yours]" in renderer.render("note", locale=None, data={"order": {"__class__": "yours"}}).text
    with pytest.raises(TemplateDataError):
        renderer.render("note", locale=None, data={"order": {}})


def test_a_computed_key_that_is_missing_is_not_named(small: Mail, tmp_path: Path) -> None:
    """It may be data itself: an address, say."""
    renderer = build(small, "prices[of]", {"prices": {"a": "1"}, "of": "a"}, tmp_path)
    with pytest.raises(TemplateDataError) as caught:
        renderer.render("note", locale=None, data={"prices": {"a": "1"}, "of": "ana@example.com"})
    assert caught.value.field == "prices.?"


@pytest.mark.parametrize("expression", ["name.__class__", "name.format", "name['__class__']", "rows.append"])
def test_nothing_of_python_is_reached_from_data(small: Mail, tmp_path: Path, expression: str) -> None:
    with pytest.raises(TemplateBuildError, match=r"example\.json: data"):
        build(small, expression, {"name": "Ana", "rows": []}, tmp_path)
