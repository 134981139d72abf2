"""Strangers at the deployed pages, byte for byte: they change nothing, learn nothing, and are led nowhere."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from postroad.contract.words import Status
from postroad.local.connection import connection
from postroad.web.token import Grant, KeyRing, Purpose, make_token
from tests.local_stack import LocalStack
from tests.raw_requests import SHORT_SECONDS, RawAnswer, RawPages
from tests.recipients import CHOICE, COUNTED, FORM, TOPIC, Recipient, sign_up, standing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from postroad.ledger.row import Row

ONE_CLICK = b"List-Unsubscribe=One-Click"
EVIL = "evil.example"
TO_CONFIRM = "offers"
STRANGE = pytest.mark.parametrize("door", ["u", "p", "c"])
WISHES = {"u": ONE_CLICK, "p": CHOICE, "c": b"do=confirm"}
PURPOSES = {"u": Purpose.UNSUBSCRIBE, "p": Purpose.PREFERENCES, "c": Purpose.CONFIRM}


class Target:
    """One recipient, whose tokens an attacker has or almost has."""

    def __init__(self, stack: LocalStack, pages: RawPages, ring: KeyRing) -> None:
        self.stack = stack
        self.pages = pages
        self.ring = ring
        self.recipient = Recipient(stack, "target")
        self.row: Row = self.recipient.news()
        assert self.row.status is Status.DELIVERED
        sign_up(pages, self.recipient, TO_CONFIRM)
        stack.wait_until_quiet()
        self.before: dict[str, list[Mapping[str, Any]]] = {}

    def token(self, door: str) -> str:
        topic = TO_CONFIRM if door == "c" else TOPIC
        return make_token(self.ring, Grant(self.row.address_key, topic, PURPOSES[door]))

    def path(self, door: str, token: str | None = None) -> str:
        return f"{self.pages.path}/{door}/{self.token(door) if token is None else token}"

    def post(self, door: str, token: str | None = None, *headers: str) -> RawAnswer:
        return self.pages.ask("POST", self.path(door, token), FORM, *headers, body=WISHES[door])

    def standing(self) -> dict[str, list[Mapping[str, Any]]]:
        """Return all that is known of who may be mailed; bad links alone are counted meanwhile."""
        found = standing(self.stack)
        del found[COUNTED]
        return found

    def assert_untouched(self) -> None:
        assert self.standing() == self.before


@pytest.fixture(scope="module")
def pages(stack: LocalStack) -> RawPages:
    return RawPages(stack.outputs["WebUrl"], stack.state.certificate)


@pytest.fixture
def target(known: Target) -> Target:
    """Return the recipient, as it stands now."""
    known.before = known.standing()
    return known


@pytest.fixture(scope="module")
def known(stack: LocalStack, pages: RawPages) -> Target:
    secrets = boto3.client("secretsmanager", **connection(stack.state))
    ring = KeyRing.read(
        secrets.get_secret_value(SecretId=stack.outputs["TokenKeysSecretArn"])["SecretString"]
    )
    secrets.close()
    stack.wait_until_quiet()
    return Target(stack, pages, ring)


def respelt(token: str, change: Callable[[list[bytes]], None]) -> str:
    """Return a token whose fields are changed, with the signature that it had."""
    content, _, signature = token.partition(".")
    fields = urlsafe_b64decode(content + "=" * (-len(content) % 4)).split(b"|")
    change(fields)
    return f"{urlsafe_b64encode(b'|'.join(fields)).rstrip(b'=').decode()}.{signature}"


def put(place: int, value: bytes) -> Callable[[list[bytes]], None]:
    return lambda fields: fields.__setitem__(place, value)


@STRANGE
@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: token[:-1],
        lambda token: token[: len(token) // 2],
        lambda token: token + "A",
        lambda token: token[:-4] + "AAAA",
        lambda token: token.partition(".")[0],
        lambda token: "." + token.partition(".")[2],
        lambda token: respelt(token, put(1, b"t0")),
        lambda token: respelt(token, put(4, b"follow_ups")),
        lambda token: respelt(token, put(0, b"2")),
        lambda token: token + "%00",
        lambda token: token + "%0d%0aSet-Cookie:%20a=b",
        lambda token: token + "%2f..%2f" + token,
        lambda token: "..%2f..%2fu%2f" + token,
        lambda token: "%2e%2e/" + token,
        lambda token: token + "/extra",
        lambda token: "%c0%ae" + token,
        lambda _: "<script>alert(1)</script>",
        lambda _: "A" * 7000,
    ],
)
def test_a_token_that_is_not_whole_and_ours_opens_nothing(
    target: Target, door: str, spoil: Callable[[str], str]
) -> None:
    answer = target.post(door, spoil(target.token(door)))
    assert answer.status in {400, 404, 414, 429}
    assert "set-cookie" not in answer.head.lower()
    assert "<script>alert" not in answer.body
    assert target.row.address_key not in answer.body
    target.assert_untouched()


@pytest.mark.parametrize("door", ["u", "p", "c"])
@pytest.mark.parametrize("other", ["u", "p", "c"])
def test_a_token_for_one_thing_does_no_other(target: Target, door: str, other: str) -> None:
    if door == other:
        assert target.pages.ask("GET", target.path(door)).status in {200, 410}
    else:
        assert target.post(door, target.token(other)).status in {404, 429}
    target.assert_untouched()


@STRANGE
def test_a_key_that_left_the_ring_signs_nothing(target: Target, door: str) -> None:
    grant = Grant(target.row.address_key, TOPIC, PURPOSES[door])
    for name in ("t0", target.ring.current):
        forged = make_token(KeyRing(name, {name: b"x" * 64}), grant)
        assert target.post(door, forged).status in {404, 429}
    target.assert_untouched()


@STRANGE
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW", "get"])
def test_no_other_method_changes_anything_whatever_it_carries(target: Target, door: str, method: str) -> None:
    override = "X-HTTP-Method-Override: POST"
    answer = target.pages.ask(method, target.path(door), FORM, override, body=WISHES[door])
    assert answer.status // 100 != 3
    target.assert_untouched()


@STRANGE
@pytest.mark.parametrize(
    "headers",
    [
        [f"Host: {EVIL}"],
        [f"X-Forwarded-Host: {EVIL}", f"X-Original-URL: https://{EVIL}/", f"Forwarded: host={EVIL}"],
        [f"Referer: https://{EVIL}/", f"Origin: https://{EVIL}"],
        [f"Accept-Language: {EVIL}", f"Cookie: lang={EVIL}"],
    ],
)
def test_no_header_leads_anywhere_else(target: Target, door: str, headers: list[str]) -> None:
    answer = target.pages.ask("GET", target.path(door), *headers)
    assert EVIL not in answer.head + answer.body
    assert "location:" not in answer.head.lower()


@STRANGE
@pytest.mark.parametrize(
    "query",
    [
        f"next=https://{EVIL}/",
        f"url=//{EVIL}&redirect_uri=https:{EVIL}",
        f"lang=//{EVIL}",
        f"lang=en%0d%0aLocation:%20https://{EVIL}/",
        f"lang=%22%3e%3cscript%20src=https://{EVIL}%3e",
    ],
)
def test_no_query_leads_anywhere_else(target: Target, door: str, query: str) -> None:
    for method in ("GET", "POST"):
        answer = target.pages.ask(method, f"{target.path(door)}?{query}", FORM, body=b"")
        assert answer.status // 100 != 3
        assert EVIL not in answer.head + answer.body
        assert "location:" not in answer.head.lower()
    target.assert_untouched()


@pytest.mark.parametrize(
    "target_of", ["https://evil.example{path}", "//evil.example{path}", "*", "evil.example:443"]
)
def test_an_absolute_target_is_no_way_round(target: Target, target_of: str) -> None:
    for method in ("GET", "OPTIONS", "CONNECT"):
        answer = target.pages.ask(method, target_of.format(path=target.path("u")), FORM, body=ONE_CLICK)
        assert answer.status // 100 != 3
        assert "location:" not in answer.head.lower()
    target.assert_untouched()


@STRANGE
def test_two_lengths_or_a_body_of_another_kind_act_on_nothing(target: Target, door: str) -> None:
    path, body = target.path(door), WISHES[door]
    lengths = ["Content-Length: 0", f"Content-Length: {len(body)}"]
    for doubled in (lengths, lengths[::-1], ["Transfer-Encoding: chunked", lengths[1]]):
        head = [
            f"GET {path} HTTP/1.1",
            f"Host: {target.pages.host}",
            FORM,
            *doubled,
            "Connection: close",
            "",
            "",
        ]
        target.pages.send("\r\n".join(head).encode() + body, seconds=SHORT_SECONDS)
    for kind in ("text/plain", "application/json", "multipart/form-data"):
        plain = f"Content-Type: {kind}"
        assert target.pages.ask("POST", path, plain, body=body).status != 200
        assert target.pages.ask("POST", path, plain, plain, body=body).status != 200
    target.assert_untouched()


@STRANGE
def test_ten_megabytes_are_no_form(target: Target, door: str) -> None:
    body = WISHES[door] + b"&x=" + b"y" * 10_000_000
    answer = target.pages.ask("POST", target.path(door), FORM, body=body)
    assert answer.status != 200
    target.assert_untouched()


def test_a_header_too_many_or_too_long_breaks_nothing(target: Target) -> None:
    many = [f"X-{number}: {'y' * 200}" for number in range(400)]
    target.pages.ask("GET", target.path("u"), *many)
    target.pages.ask("GET", target.path("u"), f"Accept-Language: {'en;q=0.1,' * 5000}")
    assert target.pages.ask("GET", target.path("u")).status == 200


def test_known_and_unknown_addresses_are_answered_byte_for_byte_alike(
    target: Target, stack: LocalStack
) -> None:
    stranger = "k1." + "A" * 43

    def answers(key: str, door: str, method: str) -> tuple[int, str, str]:
        token = make_token(target.ring, Grant(key, "follow_ups", PURPOSES[door]))
        answer = target.pages.ask(method, target.path(door, token))
        fields = [line for line in answer.head.splitlines() if not re.match(r"(?i)date|x-amz|apigw", line)]
        return answer.status, "\n".join(fields).replace(token, ""), answer.body.replace(token, "")

    for door in ("u", "p"):
        for method in ("GET", "HEAD"):
            assert answers(target.row.address_key, door, method) == answers(stranger, door, method)
    target.assert_untouched()
    assert json.dumps(stack.suppression(stranger)) == "null"


# Confirming first: what was chosen since is not confirmed by an earlier mail.
@pytest.mark.parametrize("door", ["c", "u", "p"])
def test_the_same_request_acts_when_its_token_is_whole_and_ours(target: Target, door: str) -> None:
    """Else the tests above would hold of pages that never do anything, or that have had enough of us."""
    assert target.post(door).status == 200
    assert target.standing() != target.before
