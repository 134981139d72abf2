"""The account-level calls of SESv2 that MiniStack does not know and the simulator answers. Pure."""

from datetime import datetime

import msgspec

from postroad.local.simulator.account import SuppressedAddress
from postroad.local.simulator.core import Simulator
from postroad.local.simulator.reply import Reply, bad_request, refusal

MOST_IN_A_PAGE = 1000


class _Put(msgspec.Struct, rename="pascal"):
    email_address: str
    reason: str


class _Reasons(msgspec.Struct, rename="pascal"):
    suppressed_reasons: frozenset[str] = frozenset()


class _Sending(msgspec.Struct, rename="pascal"):
    sending_enabled: bool = False


def put_suppressed(simulator: Simulator, body: bytes, now: datetime) -> Reply:
    try:
        put = msgspec.json.decode(body, type=_Put)
    except msgspec.DecodeError as why:
        return bad_request(str(why))
    if put.reason not in {"BOUNCE", "COMPLAINT"}:
        return bad_request("Reason is BOUNCE or COMPLAINT.")
    simulator.suppress(put.email_address, put.reason, now=now)
    return Reply(200)


def get_suppressed(simulator: Simulator, address: str) -> Reply:
    entry = simulator.suppressed().get(address.lower())
    if entry is None:
        return refusal("NotFoundException", "Email address is not on your suppression list.")
    shown = _summary(entry)
    if entry.ses_message_id:
        shown["Attributes"] = {"MessageId": entry.ses_message_id}
    return Reply(200, {"SuppressedDestination": shown})


def delete_suppressed(simulator: Simulator, address: str) -> Reply:
    if not simulator.unsuppress(address):
        return refusal("NotFoundException", "Email address is not on your suppression list.")
    return Reply(200)


def list_suppressed(simulator: Simulator, *, reasons: list[str], page_size: int, token: str) -> Reply:
    """List by address; `token` is the last address of the page before."""
    entries = sorted(simulator.suppressed().values(), key=lambda each: each.address)
    wanted = [
        each for each in entries if (not reasons or each.reason in reasons) and each.address > token.lower()
    ]
    page = wanted[: min(page_size, MOST_IN_A_PAGE)]
    body: dict[str, object] = {"SuppressedDestinationSummaries": [_summary(each) for each in page]}
    if len(wanted) > len(page):
        body["NextToken"] = page[-1].address
    return Reply(200, body)


def put_suppression_reasons(simulator: Simulator, body: bytes) -> Reply:
    try:
        reasons = msgspec.json.decode(body or b"{}", type=_Reasons).suppressed_reasons
        simulator.configure({"suppressed_reasons": sorted(reasons)})
    except (msgspec.DecodeError, msgspec.ValidationError) as why:
        return bad_request(str(why))
    return Reply(200)


def put_sending(simulator: Simulator, body: bytes) -> Reply:
    try:
        enabled = msgspec.json.decode(body or b"{}", type=_Sending).sending_enabled
    except msgspec.DecodeError as why:
        return bad_request(str(why))
    simulator.configure({"sending_enabled": enabled})
    return Reply(200)


def _summary(entry: SuppressedAddress) -> dict[str, object]:
    return {
        "EmailAddress": entry.address,
        "Reason": entry.reason,
        "LastUpdateTime": entry.at.timestamp(),  # rest-json writes times as seconds
    }
