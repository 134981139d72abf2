"""Rotating and retiring the keys of links: nothing breaks by accident, and no key is ever shown."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from postroad.cli import token_keys
from postroad.cli.token_key_ring import Key, Ring
from postroad.settings import SettingsError
from postroad.web.token import Grant, KeyRing, Purpose, UnknownKeyError, make_token, read_token
from tests.unit.cli.deployed import STAGE

if TYPE_CHECKING:
    from collections.abc import Callable

    from typer.testing import Result

    from tests.unit.cli.deployed import Deployed

FIRST = "f" * 64
GRANT = Grant(f"k1.{'a' * 43}", "offers", Purpose.UNSUBSCRIBE)
TODAY = datetime.now(UTC).strftime("t%Y%m%d")


@pytest.fixture
def arn(deployed: Deployed) -> str:
    """Return a ring as the stack makes it."""
    client = deployed.session.client("secretsmanager")
    made: str = client.create_secret(
        Name="token-keys", SecretString=json.dumps({"current": "t1", "t1": FIRST})
    )["ARN"]
    deployed.outputs[f"postroad-{STAGE}-foundation"]["TokenKeysSecretArn"] = made
    return made


@pytest.fixture
def stands(deployed: Deployed, arn: str) -> Callable[[], KeyRing]:
    client = deployed.session.client("secretsmanager")
    # Moto's default is another version than the one that bears the label which AWS's default is.
    return lambda: KeyRing.read(
        client.get_secret_value(SecretId=arn, VersionStage="AWSCURRENT")["SecretString"]
    )


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what was changed a moment ago be long ago."""
    monkeypatch.setattr(token_keys, "SIGNED_BY_ALL", timedelta(0))


def shows_no_key(result: Result, ring: KeyRing) -> bool:
    return not any(key.decode() in result.output for key in ring.keys.values())


def test_a_new_key_signs_and_no_link_stops_working(deployed: Deployed, stands: Callable[[], KeyRing]) -> None:
    old = make_token(stands(), GRANT)

    result = deployed.run("token-keys", "rotate")

    assert result.exit_code == 0, result.output
    ring = stands()
    assert ring.current == TODAY
    assert ring.keys.keys() == {"t1", TODAY}
    assert len(ring.keys[TODAY]) == 64
    new = make_token(ring, GRANT)
    assert read_token(ring, old, Purpose.UNSUBSCRIBE) == read_token(ring, new, Purpose.UNSUBSCRIBE) == GRANT
    assert shows_no_key(result, ring)
    assert "t1 goes on verifying" in result.output


def test_several_keys_a_day_have_names_of_their_own(
    deployed: Deployed, stands: Callable[[], KeyRing]
) -> None:
    names = [deployed.json("token-keys", "rotate")["signs"] for _ in range(3)]
    assert names == [TODAY, f"{TODAY}b", f"{TODAY}c"]
    assert len(set(stands().keys.values())) == 4


def test_what_is_shown_tells_days_and_no_key(deployed: Deployed, stands: Callable[[], KeyRing]) -> None:
    deployed.run("token-keys", "rotate")
    day = datetime.now(UTC).date().isoformat()

    result = deployed.run("token-keys", "show")

    assert result.exit_code == 0, result.output
    assert shows_no_key(result, stands())
    lines = [line.split() for line in result.stdout.splitlines()]
    assert lines[1:] == [["t1", "verifies", day, day], [TODAY, "signs", day, "—"]]
    keys = deployed.json("token-keys", "show")["keys"]
    assert keys[1] == {"name": TODAY, "signs": True, "signed_from": day, "signed_to": None}


@pytest.mark.usefixtures("settled")
def test_links_of_a_retired_key_are_refused_and_others_go_on(
    deployed: Deployed, stands: Callable[[], KeyRing]
) -> None:
    old = make_token(stands(), GRANT)
    deployed.run("token-keys", "rotate")
    new = make_token(stands(), GRANT)

    result = deployed.run("token-keys", "retire", "t1", "--yes")

    assert result.exit_code == 0, result.output
    assert "stop working within five minutes" in result.output
    assert shows_no_key(result, KeyRing("t1", {"t1": FIRST.encode()}))
    ring = stands()
    assert ring.keys.keys() == {TODAY}
    with pytest.raises(UnknownKeyError):
        read_token(ring, old, Purpose.UNSUBSCRIBE)
    assert read_token(ring, new, Purpose.UNSUBSCRIBE) == GRANT


def test_the_key_that_signs_is_never_retired(deployed: Deployed, stands: Callable[[], KeyRing]) -> None:
    result = deployed.run("token-keys", "retire", "t1", "--yes")
    assert result.exit_code == 4
    assert "postroad token-keys rotate" in result.stderr
    assert stands().current == "t1"


def test_a_key_that_functions_may_still_sign_with_is_not_retired_yet(
    deployed: Deployed, stands: Callable[[], KeyRing]
) -> None:
    deployed.run("token-keys", "rotate")
    result = deployed.run("token-keys", "retire", "t1", "--yes")
    assert result.exit_code == 4
    assert "Wait until" in result.stderr
    assert "t1" in stands().keys


@pytest.mark.usefixtures("settled", "interactive")
@pytest.mark.parametrize(("typed", "code"), [("t1\n", 0), ("yes\n", 4), ("\n", 4)])
def test_a_key_is_retired_by_typing_its_name(
    deployed: Deployed, stands: Callable[[], KeyRing], typed: str, code: int
) -> None:
    deployed.run("token-keys", "rotate")
    result = deployed.run("token-keys", "retire", "t1", given=typed)
    assert result.exit_code == code, result.output
    assert "their recipients can't leave by them" in result.stderr
    assert ("t1" in stands().keys) is (code != 0)


@pytest.mark.usefixtures("arn")
def test_an_unknown_key_names_those_there_are(deployed: Deployed) -> None:
    result = deployed.run("token-keys", "retire", "t7", "--yes")
    assert result.exit_code == 3
    assert "The ring has t1." in result.stderr


def test_two_commands_at_once_lose_no_key(
    deployed: Deployed, stands: Callable[[], KeyRing], arn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The later one would write the ring without the earlier one's key, and its links would be dead."""
    other = json.dumps({"current": "t2", "t1": FIRST, "t2": "o" * 64})
    rotated = Ring.rotated

    def meanwhile(ring: Ring, key: str, **rest: Any) -> Ring:  # noqa: ANN401 - passed on
        deployed.session.client("secretsmanager").put_secret_value(SecretId=arn, SecretString=other)
        return rotated(ring, key, **rest)

    monkeypatch.setattr(Ring, "rotated", meanwhile)
    result = deployed.run("token-keys", "rotate")

    assert result.exit_code == 4
    assert "Somebody else changed the ring" in result.stderr
    assert stands() == KeyRing.read(other)


def test_a_spoilt_ring_is_told_and_not_shown(deployed: Deployed, arn: str) -> None:
    secret = json.dumps({"current": "t2", "t1": FIRST})
    deployed.session.client("secretsmanager").put_secret_value(SecretId=arn, SecretString=secret)
    result = deployed.run("token-keys", "show")
    assert result.exit_code == 1
    assert "names a current key that it doesn't hold" in result.stderr
    assert FIRST not in result.output


NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)


def test_days_are_read_off_names_and_of_others_nothing_is_claimed() -> None:
    text = json.dumps(
        {"current": "t20270301", "t1": FIRST, "mine": FIRST, "t20279999": FIRST, "t20270301": FIRST}
    )
    made = NOON - timedelta(days=400)
    assert Ring.read(text).shown(made=made) == [
        Key("t1", signs=False, since=made.date(), until=None),
        Key("mine", signs=False, since=None, until=None),
        Key("t20279999", signs=False, since=None, until=NOON.date()),
        Key("t20270301", signs=True, since=NOON.date(), until=None),
    ]


def test_a_ring_is_written_as_functions_read_it_and_shows_no_key() -> None:
    ring = Ring.read(json.dumps({"current": "t1", "t1": FIRST})).rotated("n" * 64, now=NOON)
    assert KeyRing.read(ring.text) == KeyRing("t20270301", {"t1": FIRST.encode(), "t20270301": b"n" * 64})
    assert FIRST not in repr(ring)
    for name in ("t20270301", "t7"):
        with pytest.raises(ValueError, match="doesn't sign"):
            ring.retired(name)
    with pytest.raises(SettingsError):
        Ring.read("{}")
    for _ in range(25):
        ring = ring.rotated("n" * 64, now=NOON)
    with pytest.raises(ValueError, match="26 keys a day"):
        ring.rotated("n" * 64, now=NOON)
