from __future__ import annotations

import pytest

from postroad.cli.dns_records import DomainRecords, Identity, zone_file
from postroad.cli.problem import Problem
from postroad.cli.resources import Resources
from postroad.dns import DnsRecord


def test_postroad_s_own_queues_are_no_streams() -> None:
    outputs = dict.fromkeys(
        ("AQueueUrl", "ADeadLetterQueueUrl", "FeedbackQueueUrl", "AFrom"), "https://sqs/1/q"
    )
    resources = Resources("postroad-prod-mail", outputs)
    assert resources.streams() == ["A"]
    with pytest.raises(Problem):
        resources.stream_queue("feedback")


def test_long_texts_are_several_strings_of_one_record() -> None:
    identity = Identity((), "dkim.amazonses.com", "PENDING", "", "", verified=False)
    record = DnsRecord("x.shop.example", "TXT", 'a"\\' + "b" * 300, "DMARC")
    text = zone_file([DomainRecords("shop.example", None, identity, (record,), ())])
    (line,) = (line for line in text.splitlines() if "\tTXT\t" in line)
    strings = line.split("\t")[-1]
    assert strings.startswith('"a\\"\\\\b')
    parts = strings[1:-1].split('" "')
    assert [len(part.replace('\\"', '"').replace("\\\\", "\\")) for part in parts] == [255, 48]


@pytest.mark.parametrize("name", ["Order-updates", "order updates", "OrderUpdates", "order-1", "order", ""])
def test_a_stream_is_known_by_its_exact_name_alone(name: str) -> None:
    outputs = {
        "OrderUpdatesQueueUrl": "https://sqs/1/postroad-prod-order-updates",
        "Order1QueueUrl": "https://sqs/1/postroad-prod-order1",
    }
    resources = Resources("postroad-prod-mail", outputs)
    assert resources.stream_queue("order-updates") == outputs["OrderUpdatesQueueUrl"]
    with pytest.raises(Problem):
        resources.stream_queue(name)
