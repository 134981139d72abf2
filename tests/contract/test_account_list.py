"""What every AccountList keeps to: the one in memory, and SES's own as the simulator answers it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from postroad.account.errors import AccountUnavailableError, AddressRefusedError
from postroad.account.listing import ListedAddress, ListReason
from postroad.account.memory import MemoryAccountList
from postroad.account.ses_list import SesAccountList
from postroad.local.simulator import hooks
from postroad.local.simulator.core import Simulator

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

    from postroad.account.listing import AccountList

pytestmark = pytest.mark.slow

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ANA = "ana.ruiz@example.com"


class Waiting:
    """A clock that moves only by being waited for, and remembers each wait."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def pause(self, seconds: float) -> None:
        self.waits.append(seconds)

    def monotonic(self) -> float:
        return sum(self.waits)


@pytest.fixture
def client() -> SESV2Client:
    return boto3.client(
        "sesv2",
        region_name="eu-central-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(retries={"mode": "standard", "total_max_attempts": 1}),
    )


def over(client: SESV2Client, waiting: Waiting | None = None, *, page_size: int = 1000) -> SesAccountList:
    waiting = waiting or Waiting()
    return SesAccountList(client, page_size=page_size, pause=waiting.pause, monotonic=waiting.monotonic)


@pytest.fixture(params=["memory", "ses", "ses, one entry a page"])
def listing(request: pytest.FixtureRequest) -> AccountList:
    if request.param == "memory":
        return MemoryAccountList(now=lambda: NOON, page_size=1)
    client: SESV2Client = request.getfixturevalue("client")
    hooks.attach(client, Simulator(), now=lambda: NOON)
    return over(client, page_size=1 if "page" in request.param else 1000)


def entries(listing: AccountList) -> list[ListedAddress]:
    return sorted((each for page in listing.pages() for each in page), key=lambda each: each.email)


def test_an_empty_list_has_no_pages(listing: AccountList) -> None:
    assert list(listing.pages()) == []


def test_what_was_put_is_listed_with_its_reason_and_time(listing: AccountList) -> None:
    listing.put(ANA, ListReason.BOUNCE)
    listing.put("li.na@example.com", ListReason.COMPLAINT)
    listing.put("zoe@example.com", ListReason.BOUNCE)

    assert entries(listing) == [
        ListedAddress(ANA, ListReason.BOUNCE, NOON),
        ListedAddress("li.na@example.com", ListReason.COMPLAINT, NOON),
        ListedAddress("zoe@example.com", ListReason.BOUNCE, NOON),
    ]


def test_an_address_is_listed_once_whatever_its_case_and_the_last_reason_counts(listing: AccountList) -> None:
    listing.put(ANA, ListReason.BOUNCE)
    listing.put("Ana.Ruiz@example.com", ListReason.COMPLAINT)

    assert entries(listing) == [ListedAddress(ANA, ListReason.COMPLAINT, NOON)]


def test_what_is_deleted_is_gone_and_deleting_it_again_says_so(listing: AccountList) -> None:
    listing.put("ana+shop/1@example.com", ListReason.BOUNCE)

    assert listing.delete("ana+shop/1@example.com")
    assert not listing.delete("ana+shop/1@example.com")
    assert entries(listing) == []


def test_one_entry_is_found_by_its_address(listing: AccountList) -> None:
    listing.put("ana+shop/1@example.com", ListReason.COMPLAINT)

    found = listing.find("Ana+Shop/1@example.com")
    assert found == ListedAddress("ana+shop/1@example.com", ListReason.COMPLAINT, NOON)
    assert listing.find(ANA) is None


def test_what_is_no_address_is_refused_for_good(listing: AccountList) -> None:
    with pytest.raises(AddressRefusedError):
        listing.put("nobody", ListReason.BOUNCE)
    assert entries(listing) == []


def test_requests_are_a_second_apart(client: SESV2Client) -> None:
    hooks.attach(client, Simulator(), now=lambda: NOON)
    waiting = Waiting()
    listing = over(client, waiting)

    listing.put(ANA, ListReason.BOUNCE)
    listing.delete(ANA)
    assert list(listing.pages()) == []

    assert waiting.waits == [1.0, 1.0]


def test_where_ses_asks_for_less_it_waits_longer_each_time(client: SESV2Client) -> None:
    waiting = Waiting()
    with Stubber(client) as stub:
        for _ in range(3):
            stub.add_client_error("put_suppressed_destination", "TooManyRequestsException")
        stub.add_response("put_suppressed_destination", {}, {"EmailAddress": ANA, "Reason": "BOUNCE"})

        over(client, waiting).put(ANA, ListReason.BOUNCE)

        stub.assert_no_pending_responses()
    assert waiting.waits == [1.0, 2.0, 4.0]


def test_where_ses_keeps_asking_for_less_it_cannot_be_asked(client: SESV2Client) -> None:
    with Stubber(client) as stub:
        for _ in range(6):
            stub.add_client_error("delete_suppressed_destination", "TooManyRequestsException")

        with pytest.raises(AccountUnavailableError, match="TooManyRequestsException"):
            over(client).delete(ANA)
        stub.assert_no_pending_responses()


@pytest.mark.parametrize("code", ["AccessDeniedException", "InternalServiceError"])
def test_other_refusals_say_their_code_and_no_address(client: SESV2Client, code: str) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("put_suppressed_destination", code, f"not for {ANA}")

        with pytest.raises(AccountUnavailableError) as raised:
            over(client).put(ANA, ListReason.BOUNCE)
    assert code in str(raised.value)
    assert "@" not in str(raised.value)
