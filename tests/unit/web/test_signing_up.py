"""Signing up and confirming: what a form may hold, what a link may do, and attacks on both."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from postroad.contacts.errors import ContactsUnavailableError
from postroad.contract.parser import parse_message
from postroad.enqueueing.entry import make_entry
from postroad.suppression.address_key import address_key
from postroad.suppression.model import ALL_STREAMS, topic_scope
from postroad.web.answers import Kind
from postroad.web.building import PAGES, build_pages
from postroad.web.pages import Pages
from postroad.web.requests import Form
from postroad.web.sign_up_form import MOST_OF_A_NAME, MOST_TOPICS, SignUpForm, read_sign_up
from postroad.web.token import LONGEST, Grant, Purpose, make_token, read_token
from tests.preferences_world import rules_of
from tests.sign_up_world import SECRET, SignUpWorld, form
from tests.web_world import ADDRESS, EMAIL, NOON, RING

if TYPE_CHECKING:
    from collections.abc import Sequence

BRAND = Path(__file__).parents[3] / "config" / "brand.toml"
TOPICS = {
    "offers": {"en": ("Offers", "Discounts."), "es": ("Ofertas", "Descuentos.")},
    "updates": {"en": ("Updates", "What is new.")},
}
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    folder = tmp_path_factory.mktemp("pages")
    rules = rules_of(TOPICS)
    rules["offers"]["opt_in"] = "double"
    rules["offers"]["keep_ip"] = True
    build_pages(folder, brand=BRAND, topics=TOPICS, rules=rules)
    return Pages.read(folder / PAGES)


@pytest.fixture
def world(pages: Pages) -> SignUpWorld:
    return SignUpWorld(pages)


def test_a_sign_up_is_mailed_and_its_link_confirms_it(world: SignUpWorld) -> None:
    assert world.post(email=EMAIL, topic="offers").kind is Kind.ASKED
    assert world.gets() == set()

    looked = world.look(world.token())
    assert looked.kind is Kind.CONFIRM
    assert looked.marks == {"on:offers"}
    assert world.gets() == set()

    confirmed = world.confirm(world.token())
    assert confirmed.kind is Kind.CONFIRMED
    assert confirmed.marks == {"on:offers"}
    assert world.gets() == {"offers"}
    records = world.contacts.consents(ADDRESS)
    assert [(each.status, each.source, each.ip) for each in records] == [
        ("pending", "subscribe:form", "192.0.2.7"),
        ("granted", "confirm:page", "192.0.2.7"),
    ]
    assert [each.wording.partition("-")[0] for each in records] == ["", "en"]


def test_the_messages_are_of_the_contract(world: SignUpWorld) -> None:
    world.post(email=EMAIL, topic="offers")
    world.post(email=EMAIL, topic="updates")
    for message in world.mailbox.messages:
        entry = make_entry(0, message, stream="transactional", now=NOON, random=bytes(10))
        assert parse_message(entry.body).stream == "transactional"


def test_only_what_has_to_be_confirmed_is(world: SignUpWorld) -> None:
    world.post(email=EMAIL, topic=["offers", "updates"])
    assert world.gets() == {"updates"}
    assert world.look(world.token()).marks == {"on:offers"}


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ana",
        "ana@",
        "@example.com",
        "Ana <ana@example.com>",
        "ana@example.com, bo@example.com",
        "ana@example.com\r\nBcc: bo@example.com",
        "ana@example.com\nbo@example.com",
        "ana@exam\x00ple.com",
        '"ana"@example.com',
        "añá@example.com",
        "<script>@example.com",
        "ana@example.invalid",
        "a" * 65 + "@example.com",
        "ana@" + "e" * 400 + ".com",
    ],
)
def test_what_is_no_address_is_refused_and_mails_nobody(world: SignUpWorld, email: str) -> None:
    answer = world.post(email=email, topic="offers")
    assert (answer.kind, answer.refused) == (Kind.SUBSCRIBE, True)
    assert answer.marks == {"refused", "error:email", "on:offers"}
    assert len(world.mailbox) == 0


def test_an_international_domain_is_the_same_address_in_both_spellings(world: SignUpWorld) -> None:
    world.post(email="ana@bücher.example", topic="offers")
    world.post(email=" Ana@XN--BCHER-KVA.example ", topic="offers")
    first, second = world.mailbox.messages
    assert first["to"] == {"email": "ana@xn--bcher-kva.example"}
    assert second["to"] == {"email": "Ana@xn--bcher-kva.example"}
    key = address_key(SECRET, "ana@xn--bcher-kva.example")
    assert len(world.contacts.consents(key)) == 2


@pytest.mark.parametrize(
    "topics", [[], [""], ["lottery"], ["offers", "lottery"], ["offers,updates"], ["x"] * 300, ["OFFERS"]]
)
def test_topics_that_are_not_there_are_refused(world: SignUpWorld, topics: Sequence[str]) -> None:
    answer = world.post(email=EMAIL, topic=topics)
    assert answer.refused
    assert "error:topics" in answer.marks
    assert len(world.mailbox) == 0


def test_a_topic_that_is_named_twice_is_one(world: SignUpWorld) -> None:
    world.post(email=EMAIL, topic=["offers", "offers"], topics="offers")
    assert len(world.contacts.consents(ADDRESS)) == 1


def test_no_sign_up_names_more_topics_than_a_link_holds() -> None:
    many = [f"topic_{number:02}" for number in range(MOST_TOPICS + 1)]
    assert read_sign_up(form({"email": EMAIL, "topic": many}), topics=many) == frozenset({"error:topics"})
    assert isinstance(read_sign_up(form({"email": EMAIL, "topic": many[1:]}), topics=many), SignUpForm)


@pytest.mark.parametrize(
    "name",
    [
        "Ana\r\nBcc: bo@example.com",
        "Ana\x00",
        "<b>Ana</b>",
        "{{ 7 * 7 }}",
        "Win money at casino.example",
        "www.casino example",
        "Call 555",
        "https:casino",
        "Ana\u202egnp",
        "A" * (MOST_OF_A_NAME + 1),
    ],
)
def test_what_is_no_name_is_refused(world: SignUpWorld, name: str) -> None:
    answer = world.post(email=EMAIL, topic="offers", name=name)
    assert answer.marks == {"refused", "error:name", "on:offers"}
    assert len(world.mailbox) == 0


@pytest.mark.parametrize(
    "name", ["Ana Ruiz", "Séamus O'Brien-Ní Dhómhnaill", "李小龍", "J. R. R. Tolkien", "Dr. Ana, MD"]
)
def test_names_are_kept_once_they_are_confirmed(world: SignUpWorld, name: str) -> None:
    world.post(email=EMAIL, topic="offers", name=name)
    assert world.contacts.find([ADDRESS])[ADDRESS].name == ""
    world.confirm(world.token())
    assert world.contacts.find([ADDRESS])[ADDRESS].name == name


@pytest.mark.parametrize(
    "fields",
    [
        {"email": [EMAIL, "bo@example.com"], "topic": "offers"},
        {"email": EMAIL, "topic": "offers", "locale": "../../etc"},
        {"email": EMAIL, "topic": "offers", "wording": "<script>"},
        {"email": EMAIL, "topic": "offers", "name": ["Ana", "Bo"]},
    ],
)
def test_a_form_that_says_two_things_or_nonsense_is_none(
    world: SignUpWorld, fields: dict[str, str | list[str]]
) -> None:
    answer = world.post(**fields)
    assert answer.refused
    assert "error:form" in answer.marks
    assert len(world.mailbox) == 0


def test_a_body_that_is_no_form_is_refused(world: SignUpWorld) -> None:
    assert world.subscribing.act(world.visit(), None, now=NOON).refused
    assert world.subscribing.act(world.visit(), Form(), now=NOON).refused


def test_an_unknown_language_is_answered_in_the_page_s_own(world: SignUpWorld) -> None:
    world.post(email=EMAIL, topic="offers", locale="fr-CA")
    assert world.mailbox.messages[0]["locale"] == "en"
    world.confirm(world.token())
    assert world.contacts.find([ADDRESS])[ADDRESS].locale == "fr-CA"


@pytest.mark.parametrize("purpose", [Purpose.UNSUBSCRIBE, Purpose.PREFERENCES])
def test_a_link_for_another_thing_confirms_nothing(world: SignUpWorld, purpose: Purpose) -> None:
    world.post(email=EMAIL, topic="offers")
    assert world.confirm(world.make("offers", purpose)).kind is Kind.UNKNOWN
    assert world.gets() == set()


def test_a_link_that_confirms_leaves_nothing() -> None:
    token = make_token(RING, Grant(ADDRESS, "offers", Purpose.CONFIRM))
    for purpose in (Purpose.UNSUBSCRIBE, Purpose.PREFERENCES):
        assert read_token(RING, token, purpose) is None


def test_a_forged_or_cut_link_confirms_nothing(world: SignUpWorld) -> None:
    world.post(email=EMAIL, topic="offers")
    token = world.token()
    for forged in (token[:-1], token[:-4] + "AAAA", "A" + token, token + "A", "", "." * 2000, "x" * 5000):
        assert world.confirm(forged).kind is Kind.UNKNOWN, forged
    assert world.gets() == set()


def test_a_link_is_for_its_own_topics_and_address_alone(world: SignUpWorld) -> None:
    world.post(email=EMAIL, topic=["offers"])
    link = world.token()
    world.post(email="bo@example.com", topic=["offers"])
    other = world.token()

    assert world.confirm(other).kind is Kind.CONFIRMED
    assert world.gets() == set()
    assert world.confirm(link).kind is Kind.CONFIRMED
    assert world.gets() == {"offers"}


def test_what_was_left_after_the_mail_is_not_confirmed_by_it(world: SignUpWorld) -> None:
    world.post(email=EMAIL, topic="offers")
    world.store.leave(ADDRESS, [topic_scope("offers")], source="link", evidence="r", now=NOON + DAY)
    assert world.confirm(world.token(), now=NOON + 2 * DAY).kind is Kind.OVER
    assert world.gets() == set()


def test_a_link_is_over_after_thirty_days(world: SignUpWorld) -> None:
    world.post(email=EMAIL, topic="offers")
    assert world.confirm(world.token(), now=NOON + 30 * DAY).kind is Kind.OVER
    assert world.confirm(world.token(), now=NOON + 29 * DAY).kind is Kind.CONFIRMED


def test_a_link_of_topics_that_are_configured_no_more_is_over(world: SignUpWorld) -> None:
    assert world.look(world.make("lottery")).kind is Kind.OVER
    assert world.confirm(world.make("lottery,jackpot")).kind is Kind.OVER


def test_confirming_needs_the_button(world: SignUpWorld) -> None:
    world.post(email=EMAIL, topic="offers")
    for given in (None, Form(), form({"do": "save"}), form({"list-unsubscribe": "One-Click"})):
        answer = world.confirming.act(world.visit(world.token()), given, now=NOON)
        assert (answer.kind, answer.refused) == (Kind.CONFIRM, True)
    assert world.gets() == set()


def test_one_who_confirms_comes_back_to_that_alone(world: SignUpWorld) -> None:
    world.store.leave(ADDRESS, [ALL_STREAMS], source="link", evidence="r", now=NOON - DAY)
    world.post(email=EMAIL, topic="updates")
    assert world.gets() == set()
    assert world.confirm(world.token()).kind is Kind.CONFIRMED
    assert world.gets() == {"updates"}
    assert list(world.suppressions.find([ADDRESS])[ADDRESS].scopes) == ["topic:offers"]


def test_links_of_the_most_and_longest_topics_can_be_read() -> None:
    topics = ",".join(f"{number:02}" + "t" * 62 for number in range(MOST_TOPICS))
    token = make_token(RING, Grant(ADDRESS, topics, Purpose.CONFIRM))
    assert len(token) <= LONGEST
    grant = read_token(RING, token, Purpose.CONFIRM)
    assert grant is not None
    assert grant.topic == topics


@pytest.mark.parametrize("topics", ["", ",", "offers,", ",offers", "offers,,updates", "a b", "a|b", "OFFERS"])
def test_no_link_is_made_of_what_could_not_be_read_back(topics: str) -> None:
    with pytest.raises(ValueError, match="the name of a topic"):
        make_token(RING, Grant(ADDRESS, topics, Purpose.CONFIRM))


def test_only_a_link_that_confirms_names_several_topics() -> None:
    with pytest.raises(ValueError, match="the name of a topic"):
        make_token(RING, Grant(ADDRESS, "offers,updates", Purpose.UNSUBSCRIBE))


@pytest.mark.parametrize(
    "spellings",
    [
        [f"ana.ruiz+{number}@example.com" for number in range(9)],
        ["anaruiz@gmail.com", "ana.ruiz@gmail.com", "a.n.a.ruiz+x@googlemail.com", "AnaRuiz+y@gmail.com"],
    ],
)
def test_no_mailbox_gets_more_by_other_spellings_of_its_address(
    world: SignUpWorld, spellings: Sequence[str]
) -> None:
    for email in spellings:
        assert world.post(email=email, topic="offers").kind is Kind.ASKED

    assert len(world.mailbox.messages) == 3


def test_mailboxes_that_are_named_alike_are_not_taken_for_one(world: SignUpWorld) -> None:
    for email in ("ana.ruiz@example.com", "anaruiz@example.com", "+x@example.com", "+y@example.com"):
        world.post(email=email, topic="offers")
        world.post(email=email, topic="offers")

    assert len(world.mailbox.messages) == 8


class Broken:
    """A table that can't."""

    def ask(self, *_: object, **__: object) -> frozenset[str]:
        raise ContactsUnavailableError("DynamoDB refused")

    def confirm(self, *_: object, **__: object) -> frozenset[str]:
        raise ContactsUnavailableError("DynamoDB refused")


def test_trouble_is_told_and_mails_nobody(pages: Pages) -> None:
    world = SignUpWorld(pages, joining=Broken())
    assert world.post(email=EMAIL, topic="offers").kind is Kind.TROUBLE
    assert world.confirm(world.make("offers")).kind is Kind.TROUBLE
    assert len(world.mailbox) == 0
    assert [type(error) for error in world.errors] == [ContactsUnavailableError] * 2


def test_pages_repeat_nothing_that_was_typed(world: SignUpWorld, pages: Pages) -> None:
    answer = world.post(email="<script>alert(1)</script>", topic="offers", name="<img src=x>")
    page = pages.page(answer, "en")
    assert "alert(1)" not in page
    assert "<img src=x>" not in page
    assert 'value="offers" checked' in page
    assert page.count('role="alert"') == 1
