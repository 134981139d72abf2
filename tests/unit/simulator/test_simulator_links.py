import time

import pytest

from postroad.local.simulator.links import links_of, untracked
from tests.unit.simulator.inbox_world import BY_MARKETING, InboxWorld

A, B = "https://shop.example/a", "https://shop.example/b"


def found(world: InboxWorld, html: str | None, text: str = "x") -> list[tuple[str, str, str]]:
    mail = world.mail(world.send(1, html=html, text=text))
    return [(each.url, each.text, each.why_not) for each in links_of(mail)]


def test_clicking_thousands_of_links_takes_no_minutes(world: InboxWorld) -> None:
    """The SES endpoint answers nothing meanwhile."""
    html = "".join(f'<a href="{A}/{number}">{number}</a>' for number in range(3000))
    ses_id = world.send(1, html=html, by=BY_MARKETING)
    began = time.perf_counter()
    assert len(world.simulator.prefetch(ses_id, now=world.clock.now())) == 3001
    assert time.perf_counter() - began < 15


@pytest.mark.parametrize(
    ("html", "links"),
    [
        (f'<a href="{A}">one</a><a href="{B}">two</a>', [(A, "one", ""), (B, "two", "")]),
        (f"<A\n HREF='{A}' class=x>  one\n <b>two</b> </A>", [(A, "one two", "")]),
        (f"<a href={A}>one</a>", [(A, "one", "")]),
        (f'<a href="{A}?x=1&amp;y=2">1 &lt; 2</a>', [(f"{A}?x=1&y=2", "1 < 2", "")]),
        (f'<a title="a > b" href="{A}">one</a>', [(A, "one", "")]),
        (f'<a href="{A}"><img alt="The shop" src="x"></a>', [(A, "The shop", "")]),
        (f'<a href="{A}">one<a href="{B}">two', [(A, "one", ""), (B, "two", "")]),
        (f'<map><area href="{A}" alt="here"></map>', [(A, "here", "")]),
        (f'<!-- <a href="{A}">no</a> --><a href="{B}">two</a>', [(B, "two", "")]),
        (f'<style>a > b {{}} <a href="{A}"></style><a href="{B}">two</a>', [(B, "two", "")]),
        (f'3 < 4 <!doctype html></><?x?><a href="{A}">one</a>', [(A, "one", "")]),
        (f'<a name="x">none</a><a href="">none</a><a href="{A}" href="{B}">one</a>', [(A, "one", "")]),
        (f'<a ses:no-track href="{A}">one</a>', [(A, "one", "marked ses:no-track")]),
        (f'<a href="{A}" SES:NO-TRACK="">one</a>', [(A, "one", "marked ses:no-track")]),
        (f'<a href="{A}" ses:no-track>one</a><a href="{A}">again</a>', [(A, "one", "")]),
        ('<a href="#top">top</a>', [("#top", "top", "SES tracks http and https alone")]),
        (f'<a href="{A}', []),
        ("<p>none</p>", []),
    ],
)
def test_links_of_html(world: InboxWorld, html: str, links: list[tuple[str, str, str]]) -> None:
    assert found(world, html, text=f"see {B}") == links


def test_links_of_text_count_where_there_is_no_html(world: InboxWorld) -> None:
    why = "SES tracks links of HTML alone"
    text = f"See {A}, or ({B}).\n{A}\nftp://shop.example"
    assert found(world, None, text) == [(A, "", why), (B, "", why)]


def test_a_link_that_the_mail_does_not_have_may_be_clicked_all_the_same(world: InboxWorld) -> None:
    mail = world.mail(world.send(1))
    assert untracked(mail, "https://elsewhere.example") == ""
    assert untracked(mail, "https://shop.example/reset") == "marked ses:no-track"


@pytest.mark.parametrize(
    "piece",
    ["<!--", "<a href=", '<a href="', "<![CDATA[", "</", '<a x="y ', "<style>", "&#", "<a ", "= ", "<"],
)
def test_garbled_html_keeps_nobody_waiting(world: InboxWorld, piece: str) -> None:
    mail = world.mail(world.send(1, html=piece * 20_000))
    began = time.monotonic()
    links_of(mail)
    assert time.monotonic() - began < 5
