import re

import pytest

from postroad.contract.words import Reason, Status
from postroad.local.simulator.happenings import Happening, HappeningType
from tests.unit.simulator.inbox_world import BY_MARKETING, InboxWorld, sent_row


@pytest.fixture
def shop(world: InboxWorld) -> InboxWorld:
    """Three confirmations, of which the second bounced, and two newsletters."""
    for number in (1, 2, 3):
        ses_id = world.send(number, template="order_confirmation")
        if number == 2:
            world.simulator.report(ses_id, Happening(HappeningType.BOUNCE), now=world.clock.now())
    for number in (4, 5):
        world.send(number, by=BY_MARKETING, template="back_in_stock")
    return world


def subjects(page: str) -> list[str]:
    return re.findall(r'<span class="subject">([^<]*)</span>', page)


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [5, 4, 3, 2, 1]),
        ("stream=marketing", [5, 4]),
        ("stream=transactional", [3, 2, 1]),
        ("template=back_in_stock", [5, 4]),
        ("template=nothing", []),
        ("status=bounced", [2]),
        ("status=nonsense", [5, 4, 3, 2, 1]),
        ("to=CUSTOMER3", [3]),
        ("q=order+4", [4]),
        ("stream=transactional&status=delivered&to=customer", [3, 1]),
        ("stream=marketing&template=order_confirmation", []),
        ("stream=transactional&template=order_confirmation&q=order-2&status=bounced&to=example.com", [2]),
    ],
)
def test_filters_combine(shop: InboxWorld, query: str, numbers: list[int]) -> None:
    page = shop.get(f"/?{query}").text
    assert subjects(page) == [f"Order {number}" for number in numbers]
    assert f'data-total="{len(numbers)}"' in page


def test_a_filter_shows_what_it_is_set_to_and_how_to_clear_it(shop: InboxWorld) -> None:
    page = shop.get("/?stream=marketing&q=order").text
    assert '<option value="marketing" selected>' in page
    assert 'value="order"' in page
    assert "2 matches" in page
    assert 'href="/" data-go>Clear filters' in page
    assert "data-hold" in page, "scripts let no mail jump in between"
    assert "data-hold" not in shop.get("/").text


def test_links_keep_the_filters_and_the_way_of_looking(shop: InboxWorld) -> None:
    page = shop.get("/?stream=marketing&part=text&width=phone&scheme=dark").text
    (first, *_) = re.findall(r'href="(/mails/[^"]+)" data-go data-row', page)
    mail = shop.get(first.replace("&amp;", "&")).text
    assert subjects(mail) == ["Order 5", "Order 4"]
    assert re.search(r'data-tab="2" aria-current="page">Text', mail)
    assert "stream=marketing&amp;part=text&amp;width=phone&amp;scheme=dark" in mail


def test_the_page_of_the_list_is_the_one_that_holds_the_mail(world: InboxWorld) -> None:
    oldest = world.send(1)
    for number in range(2, 61):
        world.send(number)
    page = world.get(f"/mails/{oldest}").text
    assert "51–60 of 60" in page
    assert re.search(rf'href="/mails/{oldest}[^"]*" data-go data-row aria-current="true"', page)


def test_a_row_says_what_postroad_s_own_record_says(world: InboxWorld) -> None:
    world.send(1, template="welcome")
    world.records.add(
        sent_row(1, template="welcome", status=Status.BOUNCED, reason=Reason.ON_ACCOUNT_SUPPRESSION_LIST)
    )
    page = world.get("/").text
    assert "transactional · welcome" in page
    assert "on account suppression list" in page
    assert re.search(
        r'<span class="pill delivered">delivered</span>\s*<span class="pill quiet"[^>]*>bounced<', page
    )


def test_the_inbox_works_while_the_tables_cannot_be_read(world: InboxWorld) -> None:
    world.send(1, template="welcome")
    world.records.trouble = "Nothing is deployed yet, so there are no decision records."
    page = world.get("/")
    assert page.status_code == 200
    assert subjects(page.text) == ["Order 1"]
    assert page.text.count("Nothing is deployed yet") == 1
    by_template = world.get("/?template=welcome").text
    assert subjects(by_template) == []
    assert "Nothing is deployed yet" in by_template


def test_words_that_are_no_filter_are_left_out(shop: InboxWorld) -> None:
    page = shop.get("/?offset=-1&width=wide&scheme=pink&part=odd&status=&stream=")
    assert subjects(page.text) == [f"Order {number}" for number in (5, 4, 3, 2, 1)]
    assert 'href="/mails/' in page.text
    assert "pink" not in page.text


def test_a_long_search_is_cut_and_harms_nothing(shop: InboxWorld) -> None:
    assert shop.get("/?q=" + "a" * 5000).status_code == 200
    assert "a" * 201 not in shop.get("/?q=" + "a" * 5000).text


def test_without_mail_the_page_says_how_to_send_one(world: InboxWorld) -> None:
    page = world.get("/").text
    assert "No mail yet." in page
    assert "postroad send --template order_confirmation" in page
