"""What S3 says of new objects."""

from datetime import UTC, datetime
from typing import Any

import pytest

from postroad.evidence.notification import NotANotificationError, is_of_s3, keys_of, notification_of

NOW = datetime(2026, 11, 22, 14, 3, tzinfo=UTC)
KEY = "events/2026/11/22/14/s-1-2026-11-22-14-03-11-a b+c=é.gz"
TEST_EVENT = {
    "Service": "Amazon S3",
    "Event": "s3:TestEvent",
    "Time": "2026-11-22T14:03:11.000Z",
    "Bucket": "bucket",
    "RequestId": "request",
    "HostId": "host",
}


def test_what_we_say_in_s3s_stead_reads_as_what_s3_says() -> None:
    said = notification_of("bucket", KEY, NOW)
    assert is_of_s3(said)
    assert keys_of(said, bucket="bucket") == [KEY]


def test_keys_are_written_as_in_a_form() -> None:
    said: dict[str, Any] = notification_of("bucket", "x", NOW)
    said["Records"][0]["s3"]["object"]["key"] = "events/a+b%2Bc%C3%A9"
    assert keys_of(said, bucket="bucket") == ["events/a b+cé"]


def test_the_greeting_names_no_object() -> None:
    assert is_of_s3(TEST_EVENT)
    assert keys_of(TEST_EVENT, bucket="bucket") == []


def test_only_objects_that_were_made_count() -> None:
    said: dict[str, Any] = notification_of("bucket", KEY, NOW)
    said["Records"] += notification_of("bucket", "other", NOW)["Records"]
    said["Records"][0]["eventName"] = "ObjectRemoved:Delete"
    said["Records"][1]["eventName"] = "s3:ObjectCreated:CompleteMultipartUpload"
    assert keys_of(said, bucket="bucket") == ["other"]


def test_an_event_of_ses_is_not_of_s3() -> None:
    assert not is_of_s3({"eventType": "Send", "mail": {}})


@pytest.mark.parametrize(
    "body",
    [
        {"Records": None},
        {"Records": ["x"]},
        {"Records": [{}]},
        {"Records": [{"eventName": "ObjectCreated:Put"}]},
        {"Records": [{"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "bucket"}}}]},
        notification_of("another", KEY, NOW),
    ],
)
def test_what_is_no_notification_of_our_bucket_is_refused_without_its_values(body: dict[str, object]) -> None:
    with pytest.raises(NotANotificationError) as refused:
        keys_of(body, bucket="bucket")
    assert "another" not in str(refused.value)
