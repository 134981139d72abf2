from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest

from postroad.local.simulator.signing import LONGEST, refuses, signed_at

if TYPE_CHECKING:
    from tests.unit.simulator.conftest import Desk

NOW = datetime(2026, 11, 22, 14, 3, 11, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("header", "at"),
    [("20261122T140311Z", NOW), ("20261122T140311", None), ("yesterday", None), ("", None), (None, None)],
)
def test_the_time_of_a_signature_is_read(header: str | None, at: datetime | None) -> None:
    assert signed_at(header) == at


@pytest.mark.parametrize("off", [-LONGEST, -SECOND, SECOND, LONGEST])
def test_five_minutes_are_not_too_much(off: timedelta) -> None:
    assert refuses(NOW + off, now=NOW) is None


@pytest.mark.parametrize(
    ("off", "says"),
    [
        (-LONGEST - SECOND, ("expired: 20261122T135810Z is now earlier than 20261122T135811Z", "-")),
        (LONGEST + SECOND, ("not yet current: 20261122T140812Z is still later than 20261122T140811Z", "+")),
    ],
)
def test_what_is_further_off_is_refused_in_the_words_of_aws(off: timedelta, says: tuple[str, str]) -> None:
    refused = refuses(NOW + off, now=NOW)
    assert refused is not None
    assert (refused.status, refused.error) == (403, "InvalidSignatureException")
    assert refused.body == {"message": f"Signature {says[0]} (20261122T140311Z {says[1]} 5 min.)"}


def test_a_request_that_thaws_too_late_sends_nothing(desk: "Desk") -> None:
    body = msgspec.json.encode(desk.request())
    thawed = desk.now + LONGEST + SECOND
    outcome = desk.simulator.send_email(body, now=thawed, ses_message_id="late", signed_at=desk.now)
    assert desk.error(outcome) == "InvalidSignatureException"
    assert desk.simulator.mailbag.accepted == 0
    turned = desk.simulator.turned_away(now=thawed, signed_at=desk.now)
    assert turned is not None
    assert desk.error(turned) == "InvalidSignatureException"
    assert desk.simulator.turned_away(now=thawed, signed_at=thawed) is None
