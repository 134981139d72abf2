"""The texts of a template in one locale, and how they get into it: at build, as if written there.

`locales/<locale>.toml` holds one text per key, with places for values in braces:

    greeting = "Hello {name},"
    [products]                    # forms by CLDR plural category; `other` is compulsory
    one = "One product"
    other = "{count} products"

A template writes `{{ t("greeting", name=customer.name) }}`. The call is replaced in the syntax tree by the
text's pieces and the given expressions, so that sending looks nothing up and a translator can write no code.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Formatter

from babel import Locale
from jinja2 import nodes
from jinja2.visitor import NodeTransformer
from markupsafe import escape

from postroad.rendering.problems import TemplateBuildError

COUNT = "count"
OTHER = "other"


@dataclass
class Catalogue:
    """The texts of one folder in one locale. `used` collects the keys that templates asked for."""

    path: Path
    locale: str
    texts: Mapping[str, Mapping[str, str]]
    used: set[str] = field(default_factory=set)

    @classmethod
    def read(cls, path: Path) -> "Catalogue":
        """Read a TOML file of texts and plural forms; raises TemplateBuildError."""
        try:
            content = tomllib.loads(path.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise TemplateBuildError([f"{path}: {error}"]) from error
        tags = Locale.parse(path.stem, sep="-").plural_form.tags | {OTHER}
        texts: dict[str, Mapping[str, str]] = {}
        problems: list[str] = []
        for key, value in content.items():
            forms = value if isinstance(value, dict) else {OTHER: value}
            if not all(isinstance(form, str) and form.strip() for form in forms.values()):
                problems.append(f"{path}: {key}: expected a text, or a table of plural forms")
            elif OTHER not in forms or not tags.issuperset(forms):
                problems.append(f"{path}: {key}: plural forms of {path.stem} are {', '.join(sorted(tags))}")
            else:
                texts[key] = forms
                problems += [
                    f"{path}: {key}: {problem}" for form in forms.values() for problem in _check(form)
                ]
        if problems:
            raise TemplateBuildError(problems)
        return cls(path, path.stem, texts)

    def places(self, key: str) -> set[str]:
        """Name the values that a text has places for, in any of its forms."""
        return {name for form in self.texts[key].values() for name in _names(form)}


def compare(default: Catalogue, other: Catalogue) -> list[str]:
    """Say in what `other` differs from the default's keys and places."""
    problems = [f"{other.path}: {key} is missing" for key in default.texts.keys() - other.texts.keys()]
    problems += [
        f"{other.path}: {key} is not in {default.path.name}"
        for key in other.texts.keys() - default.texts.keys()
    ]
    for key in default.texts.keys() & other.texts.keys():
        if default.places(key) - {COUNT} != other.places(key) - {COUNT}:
            wanted = ", ".join(sorted(default.places(key))) or "no places"
            problems.append(f"{other.path}: {key}: expected {wanted} in braces, as in {default.path.name}")
    return sorted(problems)


class TextInliner(NodeTransformer):
    """Replaces each `t("key", name=value, ...)` of one file by the text of its locale."""

    def __init__(self, file: str, catalogues: list[Catalogue], *, html: bool) -> None:
        """Look keys up in `catalogues`, in their order; `html` escapes the texts themselves."""
        self._file = file
        self._catalogues = catalogues
        self._literal: Callable[[str], str] = (lambda text: str(escape(text))) if html else str
        self.problems: list[str] = []

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - Jinja's visitor protocol
        """Put a text where `t(...)` is called; leave any other call as it is."""
        self.generic_visit(node)
        if not (isinstance(node.node, nodes.Name) and node.node.name == "t"):
            return node
        if len(node.args) != 1 or not isinstance(key := node.args[0], nodes.Const) or node.dyn_kwargs:
            return self._problem(node, 'expected t("key", name=value, ...)')
        catalogue = next((one for one in self._catalogues if key.value in one.texts), None)
        if catalogue is None:
            return self._problem(node, f"no text {key.value!r} in {self._catalogues[0].path}")
        catalogue.used.add(key.value)
        values = {keyword.key: keyword.value for keyword in node.kwargs}
        plural = len(catalogue.texts[key.value]) > 1 or COUNT in values
        wanted = catalogue.places(key.value) | ({COUNT} if plural else set())
        if wanted != values.keys():
            names = ", ".join(sorted(wanted)) or "no values"
            return self._problem(node, f"the text {key.value!r} of {catalogue.path} takes {names}")
        return self._choose_form(catalogue.texts[key.value], values, node.lineno)

    def _choose_form(
        self, forms: Mapping[str, str], values: Mapping[str, nodes.Expr], line: int
    ) -> nodes.Expr:
        chosen = self._pieces(forms[OTHER], values, line)
        for category, form in forms.items():
            if category != OTHER:
                is_category = nodes.Compare(
                    _filter(values[COUNT], "plural_category", line),
                    [nodes.Operand("eq", nodes.Const(category, lineno=line), lineno=line)],
                    lineno=line,
                )
                chosen = nodes.CondExpr(is_category, self._pieces(form, values, line), chosen, lineno=line)
        return chosen

    def _pieces(self, form: str, values: Mapping[str, nodes.Expr], line: int) -> nodes.Expr:
        pieces: list[nodes.Expr] = []
        for literal, name, _, _ in Formatter().parse(form):
            if literal:
                pieces.append(nodes.TemplateData(self._literal(literal), lineno=line))
            if name:
                pieces.append(_filter(values[name], "number" if name == COUNT else "printable", line))
        return nodes.Concat(pieces, lineno=line)

    def _problem(self, node: nodes.Call, problem: str) -> nodes.Expr:
        self.problems.append(f"{self._file}: line {node.lineno}: {problem}")
        return nodes.Const("", lineno=node.lineno)


def _filter(value: nodes.Expr, name: str, line: int) -> nodes.Expr:
    return nodes.Filter(value, name, [], [], None, None, lineno=line)


def _names(form: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(form) if name is not None]


def _check(form: str) -> list[str]:
    try:
        parsed = list(Formatter().parse(form))
    except ValueError as error:
        return [f"{error}; write {{{{ and }}}} for braces"]
    return [
        f"expected a plain name in braces, got {{{name}}}"
        for _, name, spec, conversion in parsed
        if name is not None and (spec or conversion or not name.isidentifier())
    ]
