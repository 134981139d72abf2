"""The account-level calls of SESv2 that MiniStack knows little of, and the simulator answers. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote

import msgspec

from postroad.local.simulator.account import SuppressedAddress
from postroad.local.simulator.core import Simulator
from postroad.local.simulator.reply import Reply, bad_request, refusal

MOST_IN_A_PAGE = 1000
ACCOUNT = "/v2/email/account"
ADDRESSES = "/v2/email/suppression/addresses"

Query = Mapping[str, Sequence[str]]


class _Put(msgspec.Struct, rename="pascal"):
    email_address: str
    reason: str


class _Reasons(msgspec.Struct, rename="pascal"):
    suppressed_reasons: frozenset[str] = frozenset()


class _Sending(msgspec.Struct, rename="pascal"):
    sending_enabled: bool = False


class _Plan(msgspec.Struct, rename="pascal"):
    plan: str


@dataclass(frozen=True, slots=True)
class Call:
    """One request: `path` as on the wire, still percent-encoded."""

    method: str
    path: str
    query: Query
    body: bytes
    now: datetime

    @property
    def address(self) -> str:
        return unquote(self.path.removeprefix(f"{ADDRESSES}/"))

    def first(self, name: str) -> str:
        return next(iter(self.query.get(name, ())), "")


def answer(simulator: Simulator, call: Call) -> Reply | None:
    """Answer one of the account's calls; None for any other."""
    one_address = call.path.startswith(f"{ADDRESSES}/")
    path = f"{ADDRESSES}/" if one_address else call.path.rstrip("/")
    known = _CALLS.get((call.method, path))
    if known is None:
        return None
    try:
        return known(simulator, call)
    except (msgspec.DecodeError, ValueError) as why:
        return bad_request(str(why))


def _get_account(simulator: Simulator, call: Call) -> Reply:
    return Reply(200, simulator.get_account(call.now))


def _put(simulator: Simulator, call: Call) -> Reply:
    put = msgspec.json.decode(call.body, type=_Put)
    if put.reason not in {"BOUNCE", "COMPLAINT"}:
        return bad_request("Reason is BOUNCE or COMPLAINT.")
    if "@" not in put.email_address:
        return bad_request("EmailAddress is no address.")
    simulator.suppress(put.email_address, put.reason, now=call.now)
    return Reply(200)


def _get(simulator: Simulator, call: Call) -> Reply:
    entry = simulator.suppressed().get(call.address.lower())
    if entry is None:
        return _not_on_the_list()
    shown = _summary(entry)
    if entry.ses_message_id:
        shown["Attributes"] = {"MessageId": entry.ses_message_id}
    return Reply(200, {"SuppressedDestination": shown})


def _delete(simulator: Simulator, call: Call) -> Reply:
    return Reply(200) if simulator.unsuppress(call.address) else _not_on_the_list()


def _not_on_the_list() -> Reply:
    return refusal("NotFoundException", "Email address does not exist on your suppression list.")


def _list(simulator: Simulator, call: Call) -> Reply:
    """List by address; the token is the last address of the page before."""
    reasons = call.query.get("Reason", ())
    size = min(int(call.first("PageSize") or MOST_IN_A_PAGE), MOST_IN_A_PAGE)
    if size < 1:
        return bad_request("PageSize is at least 1.")
    token = call.first("NextToken")
    entries = sorted(simulator.suppressed().values(), key=lambda each: each.address)
    wanted = [each for each in entries if (not reasons or each.reason in reasons) and each.address > token]
    body: dict[str, object] = {"SuppressedDestinationSummaries": [_summary(each) for each in wanted[:size]]}
    if len(wanted) > size:
        body["NextToken"] = wanted[size - 1].address
    return Reply(200, body)


def _put_reasons(simulator: Simulator, call: Call) -> Reply:
    reasons = msgspec.json.decode(call.body or b"{}", type=_Reasons).suppressed_reasons
    simulator.configure({"suppressed_reasons": sorted(reasons)})
    return Reply(200)


def _put_sending(simulator: Simulator, call: Call) -> Reply:
    enabled = msgspec.json.decode(call.body or b"{}", type=_Sending).sending_enabled
    simulator.configure({"sending_enabled": enabled})
    return Reply(200)


def _put_plan(simulator: Simulator, call: Call) -> Reply:
    simulator.configure({"plan": msgspec.json.decode(call.body, type=_Plan).plan})
    return Reply(200)


def _summary(entry: SuppressedAddress) -> dict[str, object]:
    return {
        "EmailAddress": entry.address,
        "Reason": entry.reason,
        "LastUpdateTime": entry.at.timestamp(),  # rest-json writes times as seconds
    }


_CALLS: dict[tuple[str, str], Callable[[Simulator, Call], Reply]] = {
    ("GET", ACCOUNT): _get_account,
    ("PUT", f"{ACCOUNT}/suppression"): _put_reasons,
    ("PUT", f"{ACCOUNT}/sending"): _put_sending,
    ("PUT", f"{ACCOUNT}/pricing-attributes"): _put_plan,
    ("PUT", ADDRESSES): _put,
    ("GET", ADDRESSES): _list,
    ("GET", f"{ADDRESSES}/"): _get,
    ("DELETE", f"{ADDRESSES}/"): _delete,
}
