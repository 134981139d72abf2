import re
import time
from base64 import b64encode

import pytest

from postroad.local.simulator.web.scheme import (
    Scheme,
    has_remote_pictures,
    in_scheme,
    supports_dark,
    with_pictures,
    without_hints,
)
from tests.unit.simulator.inbox_world import InboxWorld

ALWAYS, NEVER = "(min-width:0px)", "(max-width:0px)"


@pytest.mark.parametrize(
    ("query", "light", "dark"),
    [
        ("(prefers-color-scheme: dark)", NEVER, ALWAYS),
        ("(prefers-color-scheme:light)", ALWAYS, NEVER),
        ("( PREFERS-COLOR-SCHEME :\n Dark )", NEVER, ALWAYS),
        ("(/* a */prefers-color-scheme/**/:/* b */dark)", NEVER, ALWAYS),
        ("(prefers-color-scheme)", ALWAYS, ALWAYS),
        ("(prefers-color-scheme: no-preference)", NEVER, NEVER),
        ("screen and (prefers-color-scheme: dark)", f"screen and {NEVER}", f"screen and {ALWAYS}"),
        ("not (prefers-color-scheme: dark)", f"not {NEVER}", f"not {ALWAYS}"),
        ("(max-width: 600px)", "(max-width: 600px)", "(max-width: 600px)"),
    ],
)
def test_a_query_for_the_scheme_is_settled(query: str, light: str, dark: str) -> None:
    html = f'<style type="text/css">@media {query} {{ p {{ color: red }} }}</style><p>hi</p>'
    for scheme, expected in ((Scheme.LIGHT, light), (Scheme.DARK, dark)):
        assert f"@media {expected} {{ p" in in_scheme(html, scheme)


def test_media_attributes_are_settled_too() -> None:
    html = (
        '<picture><source media="(prefers-color-scheme: dark)" srcset="data:,"><img src="data:,"></picture>'
    )
    assert f'media="{ALWAYS}"' in in_scheme(html, Scheme.DARK)
    assert f'media="{NEVER}"' in in_scheme(html, Scheme.LIGHT)


def test_words_of_the_mail_stay_as_they_are() -> None:
    html = "<p>Write @media (prefers-color-scheme: dark) for night.</p>"
    assert in_scheme(html, Scheme.LIGHT).startswith(html)


def test_a_style_that_never_ends_is_settled_too() -> None:
    assert NEVER in in_scheme("<style>@media (prefers-color-scheme: dark) {}", Scheme.LIGHT)


@pytest.mark.parametrize(
    ("html", "knows"),
    [
        ("<p>hi</p>", False),
        ('<meta name="color-scheme" content="light">', False),
        ('<meta name="color-scheme" content="light dark">', True),
        ("<style>:root{color-scheme: light dark}</style>", True),
        ("<style>@media (prefers-color-scheme: dark) {}</style>", True),
        ("<p>A dark room. color</p>", False),
    ],
)
def test_a_mail_that_knows_no_dark_stays_light(html: str, *, knows: bool) -> None:
    assert supports_dark(html) is knows
    (shown,) = re.findall(r"color-scheme:(\w+) !important", in_scheme(html, Scheme.DARK))
    assert shown == ("dark" if knows else "light")


def test_pictures_that_the_mail_carries_are_put_in(world: InboxWorld) -> None:
    picture = {
        "FileName": "l.png",
        "ContentType": "image/png",
        "RawContent": b64encode(b"PNG").decode(),
        "ContentId": "<l@x>",
    }
    page = {**picture, "FileName": "p.svg", "ContentType": "image/svg+xml", "ContentId": "svg"}
    html = '<img src="cid:l%40x"><img src=\'cid:svg\'><img src="cid:none">'
    mail = world.mail(world.send(1, html=html, attachments=[picture, page]))
    shown = with_pictures(html, mail)
    assert f'<img src="data:image/png;base64,{b64encode(b"PNG").decode()}">' in shown
    assert "cid:svg" in shown, "an SVG is a document"
    assert "cid:none" in shown


def test_a_picture_a_thousand_times_fills_no_memory(world: InboxWorld) -> None:
    content = b64encode(bytes(1_000_000)).decode()
    picture = {"FileName": "l.png", "ContentType": "image/png", "RawContent": content, "ContentId": "l"}
    html = '<img src="cid:l">' * 1000
    shown = with_pictures(html, world.mail(world.send(1, html=html, attachments=[picture])))
    assert 10_000_000 < len(shown) < 30_000_000
    assert shown.count('src="cid:l"') == 1000 - shown.count("data:image/png")


def test_nothing_asks_for_a_connection() -> None:
    html = '<head><LINK rel="preconnect" href="https://x.example"><link\nrel=dns-prefetch></head><linked>'
    assert without_hints(html) == html.replace("<LINK", "<meta").replace("<link\n", "<meta\n")


def test_pictures_from_elsewhere_are_noticed() -> None:
    assert has_remote_pictures('<img alt="x" src="https://cdn.example/x.png">')
    assert not has_remote_pictures('<img src="cid:x"><a href="https://shop.example">x</a>')


@pytest.mark.parametrize(
    "html",
    [
        "<style>" + "(prefers-color-scheme " * 10_000,
        "<style>(" + "/*" * 50_000,
        "<style>" + ("(prefers-color-scheme" + " " * 30) * 40_000,
        "color-scheme===================a" * 40_000,
        "<style>" + "(/*" * 30_000,
        "<style " * 30_000,
        "<style></style" + " </style" * 30_000,
        "<a media=" * 30_000,
        "<a" + " media = " * 30_000,
        "color-scheme: " * 20_000,
        "<img " * 30_000,
        "src = " * 30_000,
    ],
    ids=lambda html: html[:30],
)
def test_no_mail_keeps_the_inbox_busy(html: str, world: InboxWorld) -> None:
    mail = world.mail(world.send(1, html=html))
    began = time.monotonic()
    with_pictures(in_scheme(html, Scheme.DARK), mail)
    has_remote_pictures(html)
    assert time.monotonic() - began < 5
