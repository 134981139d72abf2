"""Our signatures, held against botocore's signer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from unittest.mock import patch

import pytest
from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given
from hypothesis import strategies as st

from postroad.signing.sigv4 import Credentials, _signing_key, signed_headers

NOW = datetime(2026, 11, 22, 14, 3, 11, tzinfo=UTC)
KEYS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")

words = st.text("abcXYZ019-._~", min_size=1, max_size=12)
paths = st.lists(words.filter(lambda word: set(word) != {"."}), max_size=4).map(
    lambda parts: "/" + "/".join(parts)
)
headers = st.dictionaries(
    st.sampled_from(("Content-Type", "X-Amz-Target", "x-order", "X-A", "X-a-b", "Accept")),
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=30),
)
credentials = st.builds(
    Credentials,
    st.text("ABCDEF0123456789", min_size=16, max_size=20),
    st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=40),
    st.just("") | st.text("abc+/=019", min_size=1, max_size=400),
)
times = st.datetimes(datetime(2020, 1, 1), datetime(2099, 12, 31)).map(  # noqa: DTZ001 - the zone follows
    lambda at: at.replace(tzinfo=UTC)
)


@given(
    given=headers,
    host=st.sampled_from(("email.us-east-1.amazonaws.com", "localhost:4566")),
    path=paths,
    body=st.binary(max_size=200),
    service=words,
    region=words,
    keys=credentials,
    at=times,
)
def test_a_signature_is_botocores(
    *,
    given: dict[str, str],
    host: str,
    path: str,
    body: bytes,
    service: str,
    region: str,
    keys: Credentials,
    at: datetime,
) -> None:
    request = AWSRequest("POST", f"https://{host}{path}", headers=given, data=body)
    with patch.object(auth, "get_current_datetime", return_value=at.replace(tzinfo=None)):
        theirs = BotocoreCredentials(keys.access_key, keys.secret_key, keys.token or None)
        auth.SigV4Auth(theirs, service, region).add_auth(request)

    ours = signed_headers(
        {"Host": host, **given},
        method="POST",
        path=path,
        body=body,
        service=service,
        region=region,
        credentials=keys,
        at=at,
    )

    assert ours.pop("Host") == host
    assert ours == dict(request.headers.items())


def sign(at: datetime = NOW, keys: Credentials = KEYS, region: str = "us-east-1") -> str:
    signed = signed_headers(
        {"Host": "localhost"},
        method="POST",
        path="/",
        body=b"",
        service="ses",
        region=region,
        credentials=keys,
        at=at,
    )
    return signed["Authorization"].rpartition("=")[2]


def test_a_key_serves_a_day_and_no_other_day_key_or_region() -> None:
    _signing_key.cache_clear()
    for seconds in range(5):
        sign(NOW + timedelta(seconds=seconds))
    assert _signing_key.cache_info().misses == 1

    other = Credentials(KEYS.access_key, "another")
    assert len({sign(), sign(NOW + timedelta(days=1)), sign(keys=other), sign(region="eu-west-1")}) == 4


def test_keys_are_not_shown() -> None:
    shown = repr(Credentials("AKIDEXAMPLE", "a-secret", "a-token"))
    assert "AKIDEXAMPLE" in shown
    assert "a-secret" not in shown
    assert "a-token" not in shown


def test_a_time_in_another_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="UTC"):
        sign(NOW.astimezone(timezone(timedelta(hours=1))))
