"""Key rings change under running functions: a new key signs soon, one that was taken out counts no more."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread

import pytest

from postroad.settings import SettingsError
from postroad.web.errors import RingUnavailableError
from postroad.web.standing_ring import AGAIN, FRESH, StandingRing
from postroad.web.token import Grant, KeyRing, Purpose, make_token
from postroad.web.tokens import Tokens
from tests.web_world import ADDRESS, NOON, TOPIC

OLD, NEW = b"o" * 64, b"n" * 64
BEFORE = KeyRing("t1", {"t1": OLD})
ROTATED = KeyRing("t2", {"t1": OLD, "t2": NEW})
RETIRED = KeyRing("t2", {"t2": NEW})
GRANT = Grant(ADDRESS, TOPIC, Purpose.UNSUBSCRIBE)
FORGED = make_token(KeyRing("t9", {"t9": b"x" * 64}), GRANT)
SECOND = timedelta(seconds=1)


class Secret:
    """What stands in Secrets Manager, or why it can't be read."""

    def __init__(self) -> None:
        self.stands: KeyRing | Exception = BEFORE
        self.reads = 0

    def __call__(self) -> KeyRing:
        self.reads += 1
        if isinstance(self.stands, Exception):
            raise self.stands
        return self.stands


@pytest.fixture
def secret() -> Secret:
    return Secret()


def test_a_new_key_signs_within_minutes_and_the_old_one_goes_on_verifying(secret: Secret) -> None:
    tokens = Tokens(secret, now=NOON)
    old = tokens.make(GRANT, now=NOON)
    secret.stands = ROTATED

    assert tokens.make(GRANT, now=NOON + FRESH - SECOND) == old
    new = tokens.make(GRANT, now=NOON + FRESH)

    assert new == make_token(ROTATED, GRANT) != old
    for token in (old, new):
        assert tokens.grant(token, Purpose.UNSUBSCRIBE, now=NOON + FRESH + timedelta(days=3 * 365)) == GRANT


def test_a_link_of_a_key_that_came_later_is_taken_before_that(secret: Secret) -> None:
    tokens = Tokens(secret, now=NOON)
    secret.stands = ROTATED
    new = make_token(ROTATED, GRANT)
    assert tokens.grant(new, Purpose.UNSUBSCRIBE, now=NOON + AGAIN) == GRANT


def test_a_link_of_a_retired_key_is_refused_within_minutes(secret: Secret) -> None:
    """Who stole the key has links without end: they must stop, and nobody deploys for that."""
    tokens = Tokens(secret, now=NOON)
    old = tokens.make(GRANT, now=NOON)
    secret.stands = RETIRED
    assert tokens.grant(old, Purpose.UNSUBSCRIBE, now=NOON + FRESH) is None
    assert tokens.grant(old, Purpose.UNSUBSCRIBE, now=NOON + 2 * FRESH) is None
    renamed = make_token(KeyRing("t2", {"t2": OLD}), GRANT)
    assert tokens.grant(renamed, Purpose.UNSUBSCRIBE, now=NOON + 2 * FRESH) is None


def test_forged_key_ids_have_the_ring_read_once_a_minute_at_most(secret: Secret) -> None:
    tokens = Tokens(secret, now=NOON)
    for seconds in range(600):
        forged = make_token(KeyRing(f"f{seconds}", {f"f{seconds}": b"x" * 64}), GRANT)
        assert tokens.grant(forged, Purpose.UNSUBSCRIBE, now=NOON + seconds * SECOND) is None
    assert secret.reads <= 11


@pytest.mark.parametrize(
    "trouble", [RingUnavailableError("Secrets Manager didn't answer"), SettingsError("token-keys is no ring")]
)
def test_people_can_leave_while_the_ring_cannot_be_read(secret: Secret, trouble: Exception) -> None:
    tokens = Tokens(secret, now=NOON)
    link = tokens.make(GRANT, now=NOON)
    secret.stands = trouble
    for minutes in range(5, 60):
        now = NOON + timedelta(minutes=minutes)
        assert tokens.grant(link, Purpose.UNSUBSCRIBE, now=now) == GRANT
    secret.stands = RETIRED
    assert tokens.grant(link, Purpose.UNSUBSCRIBE, now=NOON + timedelta(minutes=61)) is None


@pytest.mark.parametrize(
    "trouble", [RingUnavailableError("Secrets Manager didn't answer"), SettingsError("token-keys is no ring")]
)
def test_whether_an_unknown_link_is_ours_is_not_guessed_while_the_ring_cannot_be_read(
    secret: Secret, trouble: Exception
) -> None:
    tokens = Tokens(secret, now=NOON)
    secret.stands = trouble
    link = make_token(ROTATED, GRANT)
    for seconds in (0, 1, 59, 61, 62):  # also as long as it is not read again
        with pytest.raises(RingUnavailableError):
            tokens.grant(link, Purpose.UNSUBSCRIBE, now=NOON + 2 * AGAIN + seconds * SECOND)
    secret.stands = ROTATED
    assert tokens.grant(link, Purpose.UNSUBSCRIBE, now=NOON + 4 * AGAIN + SECOND) == GRANT
    assert tokens.grant(FORGED, Purpose.UNSUBSCRIBE, now=NOON + 4 * AGAIN + 2 * SECOND) is None


def test_threads_at_once_read_it_once(secret: Secret) -> None:
    ring = StandingRing(secret, now=NOON)
    together = Barrier(8)
    found: list[KeyRing] = []

    def look() -> None:
        together.wait()
        found.append(ring.at(NOON + FRESH))

    threads = [Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [BEFORE] * 8
    assert secret.reads == 2
