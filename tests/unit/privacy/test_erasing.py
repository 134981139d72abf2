"""A person's data go, whatever happens meanwhile, and what keeps them from being mailed stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from postroad.contacts.model import (
    ConsentStatus,
    NewConsent,
    NewContact,
    Saved,
    SignUp,
    TopicTerms,
    Wishes,
)
from postroad.contract.words import Reason, Status, StreamKind
from postroad.ledger.row import UNSETTLED
from postroad.privacy.erasing import Person
from postroad.privacy.fates import Fate
from postroad.privacy.memory import MemoryProofs
from postroad.privacy.ports import Source
from postroad.privacy.proof import SesEntry, proof_item, read_proof
from postroad.suppression.model import ALL_STREAMS, NewSuppression, ScopeEntry, blocks
from tests.privacy_world import DAY, EMAIL, KEY, NOW, OTHER_KEY, PERSONAL, RULES, PrivacyWorld, row_of

COMPLAINT = ScopeEntry(Reason.COMPLAINT, "feedback", NOW + DAY, None, "feedback 0103")


@pytest.fixture
def world() -> PrivacyWorld:
    filled = PrivacyWorld()
    filled.fill("marketing")
    filled.fill("marketing", key=OTHER_KEY)
    return filled


def test_nothing_tells_of_them_any_more(world: PrivacyWorld) -> None:
    assert all(word in world.held() for word in PERSONAL)

    proof = world.erase()

    assert [word for word in PERSONAL if word in world.held()] == []
    assert proof.is_complete
    assert list(world.bodies.all()) == [each for each in world.bodies.all() if each.message_id[:3] == "bo-"]
    assert {row.address_key for row in world.rows()} == {""}


def test_nobody_else_s_data_change(world: PrivacyWorld) -> None:
    before = world.held(OTHER_KEY)
    world.erase()
    assert world.held(OTHER_KEY) == before


def test_a_row_keeps_what_stops_a_late_copy_and_what_is_counted(world: PrivacyWorld) -> None:
    before = {row.message_id: row for row in world.rows() if row.status not in UNSETTLED}

    world.erase()

    for row in world.rows():
        assert row.provider == "gmail"
        assert row.tags == {"campaign": "spring", "variant": "b"}
        if (was := before.get(row.message_id)) is not None:
            kept = ("status", "fingerprint", "reason", "stream", "template", "locale", "topic", "expires_at")
            assert [getattr(row, name) for name in kept] == [getattr(was, name) for name in kept]
            assert row.version == was.version + 1


def test_what_waits_is_called_off_and_outlasts_its_time(world: PrivacyWorld) -> None:
    waited = {row.message_id: row for row in world.rows() if row.status in UNSETTLED}

    proof = world.erase()

    for row in (row for row in world.rows() if row.message_id in waited):
        assert (row.status, row.reason) == (Status.CANCELLED, "erased")
        assert row.expires_at is not None
        assert row.expires_at >= (waited[row.message_id].due or NOW) + 90 * DAY
    assert proof.counts["cancelled"] == len(waited)
    assert [
        pointer for pointer in world.schedule.page(None, limit=99).pointers if "ana" in pointer.message_id
    ] == []


def test_the_proof_says_what_was_done_and_nothing_of_whom(world: PrivacyWorld) -> None:
    rows = len(world.rows())

    proof = world.erase()

    assert (proof.id, proof.operator, proof.address_key, proof.begun_at) == ("e1", "operator:eve", KEY, NOW)
    assert proof.counts == {
        "messages": rows, "cancelled": 5, "bodies": 6, "profile": 1, "consents_kept": 2, "other_records": 1,
        "suppression_lines": 1, "counters": 2,
    }  # fmt: skip
    assert proof.ses_entry is SesEntry.NOT_LISTED
    assert world.ses == [EMAIL]
    assert proof.kept_until == NOW + 1095 * DAY
    assert read_proof(proof_item(proof)) == replace(proof, counts={**proof.counts, "consents_removed": 0})


def test_marketing_stays_stopped_and_a_purchase_is_mailed(world: PrivacyWorld) -> None:
    world.erase()

    found = world.suppressions.find([KEY])[KEY]
    assert found.email == ""
    assert found.erased == NOW
    assert world.stands().reason is Reason.ERASED
    news = blocks(found, stream="outreach", kind=StreamKind.MARKETING, topic="offers", now=NOW)
    receipt = blocks(found, stream="transactional", kind=StreamKind.TRANSACTIONAL, topic=None, now=NOW)
    assert news is not None
    assert receipt is None


def test_a_list_doesn_t_bring_them_back_and_they_themselves_do(world: PrivacyWorld) -> None:
    world.erase()
    said = NewContact(KEY, EMAIL, "import", "Ana Ruiz")

    assert world.contacts.save([said], now=NOW + DAY) == [Saved.ERASED]
    assert EMAIL not in world.held()
    assert world.contacts.save([replace(said, anew=True)], now=NOW + DAY) == [Saved.ADDED]
    assert world.contacts.find([KEY])[KEY].erased_at is None


def test_records_of_consent_stay_as_proofs_without_what_tells_more(world: PrivacyWorld) -> None:
    world.erase()

    kept = world.persons.proofs_of_consent(KEY)
    assert [(each.topic, each.status, each.wording) for each in kept] == [
        (topic, ConsentStatus.GRANTED, "2026-1") for topic in ("offers", "product_updates")
    ]
    assert {(each.ip, each.evidence) for each in kept} == {("", "")}
    assert world.contacts.consents(KEY) == []


def test_records_of_consent_go_too_where_none_are_to_stay(world: PrivacyWorld) -> None:
    proof = world.erase(rules=replace(RULES, kept_consents=None))

    assert world.persons.proofs_of_consent(KEY) == []
    assert (proof.counts["consents_removed"], proof.counts.get("consents_kept", 0)) == (2, 0)


def test_transactional_mail_that_waits_is_left_until_a_later_run_or_called_off_too() -> None:
    world = PrivacyWorld()
    world.fill("transactional")
    waiting = [row.message_id for row in world.rows() if row.status in UNSETTLED]

    proof = world.erase()

    assert (proof.is_complete, proof.left.waits) == (False, len(waiting))
    assert {row.message_id for row in world.rows() if not row.is_redacted} == set(waiting)

    again = world.erase("e2", rules=replace(RULES, also_transactional=True))

    assert (again.id, again.runs, again.is_complete) == ("e1", 2, True)
    assert [word for word in PERSONAL if word in world.held()] == []


def test_mail_of_a_stream_that_is_no_more_is_called_off() -> None:
    world = PrivacyWorld()
    world.keep(row_of(Status.SCHEDULED, "old", due=NOW + DAY, generation=1))
    assert world.erase().is_complete


def test_what_is_being_sent_is_waited_for(world: PrivacyWorld) -> None:
    row = row_of(Status.CLAIMED, owner="o", attempt=1, lease_until=NOW + timedelta(minutes=2))
    world.keep(row)

    def sent() -> None:
        standing = world.ledger.get(row.message_id)
        if standing is not None and standing.owner and world.clock.at > NOW + timedelta(seconds=14):
            after = replace(
                standing, status=Status.SENT, owner="", lease_until=None, version=standing.version + 1
            )
            world.ledger.replace(after, expected=standing.version)

    world.on_pause = sent
    proof = world.erase()

    assert proof.is_complete
    assert timedelta(seconds=10) < world.clock.at - NOW < timedelta(seconds=30)
    stands = world.ledger.get(row.message_id)
    assert stands is not None
    assert (stands.status, stands.email) == (Status.SENT, "")


def test_what_is_still_being_sent_is_told_and_a_second_run_finishes_it(world: PrivacyWorld) -> None:
    row = row_of(Status.CLAIMED, owner="o", attempt=1, lease_until=NOW + timedelta(minutes=2))
    world.keep(row)

    proof = world.erase()
    assert (proof.is_complete, proof.left.under_way) == (False, 1)
    assert world.ledger.get(row.message_id) == row

    world.clock.at += timedelta(minutes=5)
    assert world.erase("e2").is_complete
    assert EMAIL not in world.held()


def test_a_claim_of_mail_that_was_checked_before_is_found_after_a_moment(world: PrivacyWorld) -> None:
    late = row_of(Status.SENT, "outreach")
    world.on_pause = lambda: world.ledger.insert(late)

    world.erase()

    stands = world.ledger.get(late.message_id)
    assert stands is not None
    assert stands.is_redacted


def test_erasing_again_finds_nothing_and_says_so(world: PrivacyWorld) -> None:
    world.erase()

    survey = world.erasing().survey(Person(KEY, EMAIL))

    assert survey.is_empty
    assert survey.fates[Fate.REDACT] == 0


def test_what_came_after_an_erasure_is_erased_under_a_proof_of_its_own(world: PrivacyWorld) -> None:
    world.erase()
    world.keep(row_of(Status.DELIVERED, "transactional"))
    assert not world.erasing().survey(Person(KEY, EMAIL)).is_empty

    proof = world.erase("e2")

    assert (proof.id, proof.counts["messages"], proof.is_complete) == ("e2", 1, True)
    assert EMAIL not in world.held()
    assert [line.reason for line in world.suppressions.history(KEY)].count(Reason.ERASED) == 1


def test_a_late_complaint_writes_no_address_and_leaves_the_erasure_behind_it(world: PrivacyWorld) -> None:
    world.erase()

    world.suppressions.suppress(KEY, EMAIL, ALL_STREAMS, COMPLAINT)
    assert EMAIL not in world.held()
    assert world.stands().reason is Reason.COMPLAINT

    world.suppressions.lift(KEY, ALL_STREAMS, source="operator:bo", now=NOW + 2 * DAY, note="by mistake")
    assert world.stands().reason is Reason.ERASED
    assert world.suppressions.find([KEY])[KEY].erased == NOW


def test_who_complained_before_is_erased_behind_the_complaint() -> None:
    world = PrivacyWorld()
    world.suppressions.suppress(KEY, EMAIL, ALL_STREAMS, replace(COMPLAINT, since=NOW - DAY))

    world.erase()

    assert world.stands().reason is Reason.COMPLAINT
    assert EMAIL not in world.held()
    world.suppressions.lift(KEY, ALL_STREAMS, source="operator:bo", now=NOW + DAY, note="by mistake")
    assert world.stands().reason is Reason.ERASED


def test_coming_back_lifts_the_erasure_and_begins_anew(world: PrivacyWorld) -> None:
    world.erase()

    world.leaving.prefer(
        KEY, Wishes({"offers": True}), source="preferences:page", evidence="request 9", now=NOW + DAY
    )

    contact = world.contacts.find([KEY])[KEY]
    assert (contact.erased_at, contact.topics["offers"].status) == (None, ConsentStatus.GRANTED)
    found = world.suppressions.find([KEY])[KEY]
    assert found.erased is None
    assert blocks(found, stream="x", kind=StreamKind.MARKETING, topic="offers", now=NOW + DAY) is None
    consented = NewConsent("offers", ConsentStatus.GRANTED, None, "import")
    saved = world.contacts.save([NewContact(KEY, EMAIL, "page", consents=(consented,))], now=NOW + 2 * DAY)
    assert saved == [Saved.ADDED]


def test_who_leaves_after_an_erasure_is_not_written_down(world: PrivacyWorld) -> None:
    world.erase()
    world.leaving.leave(
        KEY, [ALL_STREAMS], source="unsubscribe:page", evidence="r", now=NOW + DAY, email=EMAIL
    )
    assert EMAIL not in world.held()


@pytest.mark.parametrize(
    ("source", "evidence"),
    [
        ("operator:bo", "erasure requested by ana.ruiz@gmail.com"),
        ("feedback", "Ana Ruiz complained by telephone"),
        ("ses", "SES's suppression list: ana.ruiz@gmail.com"),
        ("unsubscribe:old list", "request of Ana Ruiz"),
    ],
)
def test_no_note_stays_whatever_it_begins_with_and_whosever_it_claims_to_be(
    source: str, evidence: str
) -> None:
    world = PrivacyWorld()
    entry = ScopeEntry(Reason.MANUAL, source, NOW - DAY, None, evidence)
    world.suppressions.suppress(KEY, EMAIL, ALL_STREAMS, entry)

    world.erase()

    assert evidence not in world.held()
    assert world.erasing().survey(Person(KEY, EMAIL)).is_empty


def test_a_note_that_came_after_an_erasure_goes_by_the_next_one(world: PrivacyWorld) -> None:
    world.erase()
    entry = ScopeEntry(Reason.MANUAL, "operator:bo", NOW + DAY, None, "Ana Ruiz called us")
    world.suppressions.suppress(KEY, EMAIL, ALL_STREAMS, entry)

    assert world.erase("e2").is_complete

    assert "Ana Ruiz" not in world.held()
    assert world.stands() == replace(entry, evidence="")
    world.suppressions.lift(KEY, ALL_STREAMS, source="operator:bo", now=NOW + 2 * DAY)
    assert world.stands().reason is Reason.ERASED


def test_a_sign_up_that_came_after_an_erasure_goes_by_the_next_one(world: PrivacyWorld) -> None:
    world.erase()
    terms = TopicTerms("news", "7", double=True, keep_ip=True)
    sign_up = SignUp(EMAIL, {"offers": terms}, "Ana Ruiz", "es")
    world.leaving.ask(
        KEY, sign_up, source="subscribe:form", evidence="request 9", now=NOW + DAY, ip="203.0.113.7"
    )
    world.contacts.waiting.clear()  # its time is over

    assert not world.erasing().survey(Person(KEY, EMAIL)).is_empty
    world.erase("e2")

    assert "203.0.113.7" not in world.held()
    assert world.erasing().survey(Person(KEY, EMAIL)).is_empty


def test_an_erasure_whose_proof_is_gone_by_its_age_is_over(world: PrivacyWorld) -> None:
    world.erase()
    world.leaving.leave(KEY, [ALL_STREAMS], source="unsubscribe:page", evidence="request 8", now=NOW + DAY)
    world.proofs = MemoryProofs()
    world.clock.at += RULES.kept_proofs

    assert world.erase("e2").id == "e2"


def test_a_list_that_names_somebody_as_erased_writes_no_address() -> None:
    world = PrivacyWorld()
    entry = ScopeEntry(Reason.ERASED, "import", NOW, None, "erasure e1")
    world.suppressions.suppress_many([NewSuppression(KEY, EMAIL, ALL_STREAMS, entry)])
    assert EMAIL not in world.held()

    world.suppressions.suppress(KEY, EMAIL, ALL_STREAMS, COMPLAINT)

    assert EMAIL not in world.held()


def test_what_other_capabilities_hold_goes_also_if_it_was_written_meanwhile(world: PrivacyWorld) -> None:
    held = {KEY: ["a walk", "another"], OTHER_KEY: ["bo's"]}

    def forget(key: str) -> int:
        return len(held.pop(key, []))

    def write() -> None:
        # Somebody had read the person before the mark.
        held.setdefault(KEY, []).append("a late walk")
        world.on_pause = lambda: None

    world.sources = [Source("journeys", "Journeys", held.get, forget)]
    world.on_pause = write
    assert world.erasing().survey(Person(KEY, EMAIL)).others == {"Journeys": 2}

    proof = world.erase()

    assert held == {OTHER_KEY: ["bo's"]}
    assert proof.counts["other_records"] >= 3
    assert not world.erasing().survey(Person(KEY, EMAIL)).others["Journeys"]
