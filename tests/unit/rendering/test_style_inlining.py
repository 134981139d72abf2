import pytest

from postroad.rendering.problems import TemplateBuildError
from postroad.rendering.styles import StyleInliner, compact, fill_in

CSS = """
/* a comment with { braces } */
td { margin: 0; }
.cell { padding: 0 8px; color: #111111; }
.cell.wide { padding: 0 16px; }
#total { font-weight: 700; }
.quiet, .hush { color: #777777; }
.font { font-family: 'Segoe UI', Arial; }
"""
STYLES = StyleInliner(
    CSS, "@media (max-width: 480px) { .cell { padding: 0 !important } .kept { color: red } }", "inline.css"
)


@pytest.mark.parametrize(
    ("source", "styled"),
    [
        ("<td>", '<td style="margin: 0">'),
        ('<td class="cell">', '<td class="cell" style="margin: 0;padding: 0 8px;color: #111111">'),
        ('<p class="quiet">', '<p style="color: #777777">'),
        ("<p>", "<p>"),
        ('<p id="total">', '<p id="total" style="font-weight: 700">'),
        ('<p class="kept">', '<p class="kept">'),
        ('<p class="font">', "<p style=\"font-family: 'Segoe UI', Arial\">"),
        ('<p class="quiet" style="color: red">', '<p style="color: #777777;color: red">'),
        (
            '<td style="padding-{{ mail.start }}: 1px">',
            '<td style="margin: 0;padding-{{ mail.start }}: 1px">',
        ),
        ('<a href="{{ a > b }}" class="quiet">', '<a href="{{ a > b }}" style="color: #777777">'),
        ("<br />", "<br />"),
        (
            '{% if a < b %}<td align="{{ x }}">{% endif %}',
            '{% if a < b %}<td align="{{ x }}" style="margin: 0">{% endif %}',
        ),
        ("<!--[if mso]><td><![endif]-->", "<!--[if mso]><td><![endif]-->"),
        ("{# <td> #}<style>td { color: red }</style>", "{# <td> #}<style>td { color: red }</style>"),
        ("</td> 1 < 2", "</td> 1 < 2"),
    ],
)
def test_a_start_tag_gets_its_style(source: str, styled: str) -> None:
    assert STYLES.inline(source, "x.html") == styled


def test_the_more_specific_rule_wins_wherever_it_stands() -> None:
    assert "padding: 0 16px" in STYLES.inline('<td class="wide cell">', "x.html").replace(
        "0 8px;padding: ", ""
    )


def test_jinja_in_a_table_stays_where_it_was() -> None:
    source = "<table>{% for x in y %}<tr>{{ x }}<td>{{ x }}</td></tr>{% endfor %}</table>"
    assert STYLES.inline(source, "x.html") == source.replace("<td>", '<td style="margin: 0">')


def test_compact_css_keeps_what_it_says() -> None:
    css = "/* c */\n.a , .b {\n  color : red ;\n  margin: 0 1px;\n}\n[data-x] .a { color: red !important; }\n"
    assert compact(css) == ".a,.b{color:red;margin:0 1px}[data-x] .a{color:red !important}"


def test_variables_are_the_brands() -> None:
    assert fill_in("a { color: var(--accent) }", {"accent": "#14614a"}, "x.css") == "a { color: #14614a }"
    with pytest.raises(TemplateBuildError, match=r"x\.css: the brand has no colour unknown"):
        fill_in("a { color: var(--unknown) }", {}, "x.css")
