"""CSS into style attributes, at build, in sources that still are Jinja templates.

Mail clients drop style sheets, so each rule of `inline.css` is written into the elements that it matches. An
HTML parser would tear Jinja's tags out of tables, so the source is not parsed as a document: css-inline is
asked for the style of one start tag at a time, and only that attribute is written back. A rule may therefore
look at an element's name, class and id, and at nothing around it.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from css_inline import CSSInliner

from postroad.rendering.problems import TemplateBuildError

_OPAQUE = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<!--.*?-->|<style\b.*?</style>", re.DOTALL)
_HOLE = re.compile("\x00(\\d+)\x00")
_START_TAG = re.compile(
    r"<([a-z][a-z0-9]*)((?:\s+[^\s=>\"'/]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'))?)*)\s*(/?)>", re.IGNORECASE
)
_ATTRIBUTE = re.compile(r"([^\s=]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'))?")
_STYLE_ATTRIBUTE = re.compile(r'\sstyle="([^"]*)"')
_VARIABLE = re.compile(r"var\(--([a-z0-9-]+)\)")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SELECTOR = re.compile(r"([^{}]+)\{[^{}]*\}")
_CLASS = re.compile(r"\.([a-z][a-z0-9_-]*)", re.IGNORECASE)
# An HTML parser drops table parts that stand outside a table.
_AROUND = {
    "td": ("<table><tr>", "</tr></table>"),
    "th": ("<table><tr>", "</tr></table>"),
    "tr": ("<table>", "</table>"),
    "tbody": ("<table>", "</table>"),
    "thead": ("<table>", "</table>"),
}


def fill_in(css: str, values: Mapping[str, str], file: str) -> str:
    """Replace `var(--name)`, which mail clients don't know, by the brand's value."""
    css = _COMMENT.sub("", css)
    unknown = sorted({name for name in _VARIABLE.findall(css) if name not in values})
    if unknown:
        raise TemplateBuildError([f"{file}: the brand has no colour {name}" for name in unknown])
    return _VARIABLE.sub(lambda found: values[found[1]], css)


def compact(css: str) -> str:
    """Drop comments and needless space: every byte of the head is in every mail."""
    css = re.sub(r"\s+", " ", _COMMENT.sub("", css)).strip()
    return re.sub(r"\s*([{};:,])\s*", r"\1", css).replace(";}", "}")


class StyleInliner:
    """Writes the rules of one style sheet into start tags."""

    def __init__(self, css: str, kept_css: str, file: str) -> None:
        """Take the rules to inline, and those that stay in the head, whose classes must stay too."""
        css = _COMMENT.sub("", css)
        selectors = [one.strip() for found in _SELECTOR.findall(css) for one in found.split(",")]
        problems = [
            f"{file}: {selector!r}: expected one element, class or id; other rules belong into head.css"
            for selector in selectors
            if not re.fullmatch(r"[a-z0-9_.#-]+", selector, re.IGNORECASE)
        ]
        if problems:
            raise TemplateBuildError(problems)
        self._classes = {name for selector in selectors for name in _CLASS.findall(selector)}
        self._kept = set(_CLASS.findall(_COMMENT.sub("", kept_css)))
        self._inliner = CSSInliner(extra_css=css, load_remote_stylesheets=False)
        self._style_of = lru_cache(maxsize=None)(self._ask)

    def inline(self, source: str, file: str) -> str:
        """Return the template's source with styles in its start tags; Jinja and comments stay untouched."""
        holes: list[str] = []

        def dig(found: re.Match[str]) -> str:
            holes.append(found[0])
            return f"\x00{len(holes) - 1}\x00"

        problems: list[str] = []
        dug = _OPAQUE.sub(dig, source)

        def restyle(found: re.Match[str]) -> str:
            tag, wrong = self._restyle(found, holes)
            if wrong:
                above = _HOLE.sub(lambda hole: holes[int(hole[1])], dug[: found.start()])
                problems.extend(f"{file}: line {above.count(chr(10)) + 1}: {one}" for one in wrong)
            return tag

        styled = _START_TAG.sub(restyle, dug)
        if problems:
            raise TemplateBuildError(problems)
        return _HOLE.sub(lambda found: holes[int(found[1])], styled)

    def _restyle(self, found: re.Match[str], holes: list[str]) -> tuple[str, list[str]]:
        element, written, closing = found[1].lower(), found[2], found[3]
        attributes = {name.lower(): double or single for name, double, single in _ATTRIBUTE.findall(written)}
        names = attributes.get("class", "")
        if "\x00" in names + attributes.get("id", ""):
            hole = holes[int(_HOLE.findall(names + attributes.get("id", ""))[0])]
            return found[0], [f"class and id must be constant to be styled at build, got {hole}"]
        problems = [
            f"no rule for class {name!r} in inline.css or head.css"
            for name in names.split()
            if name not in self._classes | self._kept
        ]
        # The element's own style comes last and wins. It may hold Jinja, which css-inline can't read.
        own = attributes.get("style", "").rstrip("; ")
        style = ";".join(filter(None, (self._style_of(element, names, attributes.get("id", "")), own)))
        kept = " ".join(name for name in names.split() if name in self._kept)
        rest = "".join(
            f" {one[0].strip()}"
            for one in re.finditer(_ATTRIBUTE, written)
            if one[1].lower() not in ("class", "style")
        )
        rest += f' class="{kept}"' if kept else ""
        rest += f' style="{style}"' if style else ""
        return f"<{found[1]}{rest}{' /' if closing else ''}>", problems

    def _ask(self, element: str, names: str, identifier: str) -> str:
        before, after = _AROUND.get(element, ("", ""))
        answer = self._inliner.inline(f'{before}<{element} class="{names}" id="{identifier}">{after}')
        # The element asked about is the only one with a class attribute.
        own = next((one for one in re.findall(r"<[^>]*>", answer) if ' class="' in one), "")
        found = _STYLE_ATTRIBUTE.search(own)
        return found[1].rstrip("; ") if found else ""
