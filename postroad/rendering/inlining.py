"""Texts and the brand's facts into a template's syntax tree, at build.

`{{ t("greeting", name=customer.name) }}` becomes the text's pieces with the given expressions between them,
and `{{ mail.brand.name }}` the name itself, as if they were written there: sending looks nothing up, a
translator can write no code, and data can't take the brand's place.
"""

from collections.abc import Callable, Mapping
from string import Formatter

from jinja2 import nodes
from jinja2.visitor import NodeTransformer
from markupsafe import escape

from postroad.rendering.catalogue import COUNT, OTHER, Catalogue

FACTS = "mail"
TEXT_OF = "t"


class Inliner(NodeTransformer):
    """Works on one file in one locale, and collects what it can't resolve in `problems`."""

    def __init__(
        self, file: str, catalogues: list[Catalogue], facts: Mapping[str, object], *, html: bool
    ) -> None:
        """Look keys up in `catalogues`, in their order; `html` escapes the texts themselves."""
        self._file = file
        self._catalogues = catalogues
        self._facts = facts
        self._literal: Callable[[str], str] = (lambda text: str(escape(text))) if html else str
        self.problems: list[str] = []

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - Jinja's visitor protocol
        """Put a text where `t(...)` is called; leave any other call as it is."""
        self.generic_visit(node)
        if not (isinstance(node.node, nodes.Name) and node.node.name == TEXT_OF):
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

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Node:  # noqa: N802 - Jinja's visitor protocol
        """Put a fact where `mail.<name>` is read; leave any other attribute as it is."""
        names: list[str] = []
        inner: nodes.Node = node
        while isinstance(inner, nodes.Getattr):
            names.insert(0, inner.attr)
            inner = inner.node
        if not (isinstance(inner, nodes.Name) and inner.name == FACTS):
            return self.generic_visit(node)
        fact: object = self._facts
        for name in names:
            fact = fact.get(name) if isinstance(fact, Mapping) else None
        if not isinstance(fact, str | tuple):
            return self._problem(node, f"there is no {FACTS}.{'.'.join(names)}")
        return nodes.Const(fact, lineno=node.lineno)

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

    def _problem(self, node: nodes.Expr, problem: str) -> nodes.Expr:
        self.problems.append(f"{self._file}: line {node.lineno}: {problem}")
        return nodes.Const("", lineno=node.lineno)


def _filter(value: nodes.Expr, name: str, line: int) -> nodes.Expr:
    return nodes.Filter(value, name, [], [], None, None, lineno=line)
