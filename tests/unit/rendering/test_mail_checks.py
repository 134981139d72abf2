import pytest

from postroad.rendering.checks import problems_of, warnings_of
from postroad.rendering.page import read
from postroad.rendering.ports import Rendered

PREHEADER = '<div style="display: none">What it holds.&#847;&nbsp;&#847;&nbsp;</div>'
THE_IMAGE = "the image https://shop.example/a.png"
ONLY_DECORATIVE = "only one with role=presentation has an empty one"
GIVE_PIXELS = "give the pixels, so that its place is kept"
LINK = '<a href="https://shop.example/orders/1042">View your order</a>'


def mail(body: str = LINK, *, subject: str = "Your order", preheader: str = PREHEADER) -> Rendered:
    return Rendered(subject, "Your order is here.\n", f"<html><body>{preheader}{body}</body></html>", "en")


def image(**attributes: str | None) -> str:
    given = {
        "src": "https://shop.example/a.png", "alt": "A loaf", "width": "52", "height": "40", **attributes
    }  # fmt: skip
    written = " ".join(f'{name}="{value}"' for name, value in given.items() if value is not None)
    return f"<img {written}>"


def test_a_mail_as_it_should_be_has_no_problems() -> None:
    good = mail(LINK + image() + image(alt="", role="presentation"))
    assert (problems_of(good), warnings_of(good)) == ([], [])


def test_a_mail_of_text_alone_needs_no_preheader() -> None:
    assert problems_of(Rendered("Hello", "Hello\n", None, "en")) == []


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (mail(subject=""), "the subject is empty"),
        (mail(subject="x" * 79), "the subject has 79 characters, 78 at most: " + "x" * 79),
        (Rendered("Hello", "\n", None, "en"), "the text part is empty"),
        (mail("x" * 120_000), "the HTML part has 117 KB: Gmail hides what is beyond 102 KB"),
        (mail(preheader=""), "there is no preheader: fill the layout's block of that name"),
        (
            mail(preheader='<div style="DISPLAY:none">&#847;&nbsp;</div>'),
            "there is no preheader: fill the layout's block of that name",
        ),
        (mail(subject="What it holds."), "the preheader repeats the subject: say what else the mail holds"),
    ],
)
def test_each_problem_of_a_mail_is_told(bad: Rendered, problem: str) -> None:
    assert problems_of(bad) == [problem]


@pytest.mark.parametrize(
    "href",
    [
        "",
        "#",
        "http://shop.example",
        "https://",
        "https://shop",
        "/orders",
        "mailto:",
        "tel:",
        "https://[",
        "javascript:alert(1)",
    ],
)
def test_a_link_that_leads_nowhere_is_a_problem(href: str) -> None:
    assert problems_of(mail(f'<a href="{href}">Here</a>')) == [
        f"a link leads to {href!r}: expected https://..., mailto:... or tel:..."
    ]


@pytest.mark.parametrize(
    "href", ["https://shop.example/a?b=c#d", "mailto:help@example.com", "tel:+31201234567"]
)
def test_a_link_that_leads_somewhere_is_none(href: str) -> None:
    assert problems_of(mail(f'<a href="{href}">Here</a>')) == []


def test_a_link_has_words_or_a_picture_with_words() -> None:
    assert problems_of(mail(f'<a href="https://shop.example">{image()}</a>')) == []
    assert problems_of(mail('<a href="https://shop.example"> </a>')) == [
        "the link to https://shop.example has no words: nobody who listens to the mail knows what it is for"
    ]


@pytest.mark.parametrize(
    ("picture", "problem"),
    [
        (image(alt=None), "the image https://shop.example/a.png has no alt: say what it shows"),
        (image(alt=" "), f"{THE_IMAGE} has alt=' ': {ONLY_DECORATIVE}"),
        (image(role="presentation"), f"{THE_IMAGE} has alt='A loaf': {ONLY_DECORATIVE}"),
        (
            image(src="http://shop.example/a.png"),
            "an image is 'http://shop.example/a.png': expected https://...",
        ),
        (image(width=None), f"{THE_IMAGE} has width=None: {GIVE_PIXELS}"),
        (image(height="100%"), f"{THE_IMAGE} has height='100%': {GIVE_PIXELS}"),
        (image(height="0"), f"{THE_IMAGE} has height='0': {GIVE_PIXELS}"),
    ],
)
def test_an_image_has_words_a_size_and_a_safe_source(picture: str, problem: str) -> None:
    assert problems_of(mail(picture)) == [problem]


def test_what_may_become_a_problem_is_a_warning() -> None:
    long = mail(
        LINK * 251 + "x" * 70_000,
        subject="s" * 61,
        preheader=f'<div style="display:none">{"p" * 131}</div>',
    )
    assert problems_of(long) == []
    assert warnings_of(long) == [
        "the subject has 61 characters: a phone shows about 60",
        "the HTML part has 84 KB: Gmail hides what is beyond 102 KB",
        "the preheader has 131 characters: inboxes show 130 at most",
        "there are 251 tracked links: SES tracks 250 at most",
    ]


def test_the_preheader_is_what_is_hidden_first() -> None:
    page = read(f"{PREHEADER}<p>Shown</p><div style='display:none'>later</div>")
    assert page.preheader == "What it holds."


def test_an_untracked_link_is_told_from_a_tracked_one() -> None:
    page = read(f'{LINK}<a ses:no-track href="https://shop.example/reset">Reset<br>it</a>')
    assert [(link.tracked, link.label) for link in page.links] == [
        (True, "View your order"),
        (False, "Resetit"),
    ]
