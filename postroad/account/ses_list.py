"""The account's suppression list, by SESv2, no faster than SES allows."""

from __future__ import annotations

import time
from datetime import UTC
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from postroad.account.errors import AccountUnavailableError, AddressRefusedError
from postroad.account.listing import SECONDS_BETWEEN, ListedAddress, ListReason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sesv2.type_defs import ListSuppressedDestinationsRequestTypeDef

MOST_IN_A_PAGE = 1000
_ATTEMPTS = 6
_ASKS_FOR_LESS = frozenset({"TooManyRequestsException", "Throttling", "ThrottlingException"})
_ABSENT = "NotFoundException"
_WRONG = "BadRequestException"


class SesAccountList:
    """An `AccountList` over SESv2.

    Needs ses:ListSuppressedDestinations, ses:GetSuppressedDestination, ses:PutSuppressedDestination and
    ses:DeleteSuppressedDestination: each for the call that is named so.
    """

    def __init__(
        self,
        client: SESV2Client,
        *,
        page_size: int = MOST_IN_A_PAGE,
        pause: Callable[[float], object] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Use this client, whose own retries do no harm; `page_size` is for tests, `pause` takes seconds."""
        self._client = client
        self._page_size = page_size
        self._pause = pause
        self._monotonic = monotonic
        self._next = monotonic()

    def pages(self) -> Iterator[list[ListedAddress]]:
        """Yield every entry, page by page."""
        request: ListSuppressedDestinationsRequestTypeDef = {"PageSize": self._page_size}
        while True:
            answer = self._ask(self._client.list_suppressed_destinations, **request)
            page = [_listed(each) for each in answer.get("SuppressedDestinationSummaries", [])]
            if page:
                yield page
            if not answer.get("NextToken"):
                return
            request["NextToken"] = answer["NextToken"]

    def find(self, email: str) -> ListedAddress | None:
        """Return an address's entry; see `AccountList.find`."""
        try:
            answer = self._ask(self._client.get_suppressed_destination, EmailAddress=email)
        except _AbsentError:
            return None
        return _listed(answer["SuppressedDestination"])

    def put(self, email: str, reason: ListReason) -> None:
        """Put an address on the list; see `AccountList.put`."""
        self._ask(self._client.put_suppressed_destination, EmailAddress=email, Reason=reason.value)

    def delete(self, email: str) -> bool:
        """Take an address off the list; see `AccountList.delete`."""
        try:
            self._ask(self._client.delete_suppressed_destination, EmailAddress=email)
        except _AbsentError:
            return False
        return True

    def _ask(self, call: Callable[..., Any], **request: object) -> Any:  # noqa: ANN401 - three answers of boto3
        for attempt in range(_ATTEMPTS):
            self._take_turn()
            try:
                return call(**request)
            except ClientError as error:
                code = error.response.get("Error", {}).get("Code", "unknown")
                if code in _ASKS_FOR_LESS and attempt + 1 < _ATTEMPTS:
                    self._next = self._monotonic() + SECONDS_BETWEEN * 2**attempt
                    continue
                # By its code alone: SES's texts may hold the address.
                if code == _ABSENT:
                    raise _AbsentError("SES has no such entry") from error
                if code == _WRONG:
                    raise AddressRefusedError(f"SES refused: {code}") from error
                raise AccountUnavailableError(f"SES refused: {code}") from error
            except BotoCoreError as error:
                raise AccountUnavailableError(f"SES didn't answer: {type(error).__name__}") from error
        raise AssertionError("the last attempt returns or raises")

    def _take_turn(self) -> None:
        wait = self._next - self._monotonic()
        if wait > 0:
            self._pause(wait)
        self._next = max(self._next, self._monotonic()) + SECONDS_BETWEEN


def _listed(each: Mapping[str, Any]) -> ListedAddress:
    return ListedAddress(
        each["EmailAddress"], ListReason(each["Reason"]), each["LastUpdateTime"].astimezone(UTC)
    )


class _AbsentError(AddressRefusedError):
    """There is nothing to take off."""
