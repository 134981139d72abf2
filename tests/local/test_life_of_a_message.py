import json

from postroad.contract.words import Reason, Status
from tests.local_stack import LocalStack, patiently


def test_an_order_confirmation_arrives_as_it_was_ordered(stack: LocalStack) -> None:
    row = stack.send(
        stack.message(
            "happy",
            to={"email": "Lucía.not@example.com".replace("í", "i"), "name": "Lucía Ñandú"},
            headers={"X-Order": "1042"},
            tags={"order": "1042"},
            reply_to="help@shop.example",
        )
    )

    assert row.status is Status.DELIVERED
    assert row.locale == "es"
    assert {"created", "accepted", "claimed", "sent", "delivered"} <= set(row.times)
    (summary,) = stack.mails_of(row.message_id)
    mail = stack.inbox.mail(summary["id"])
    assert row.ses_message_id == summary["id"]
    assert summary["recipients"] == ["Lucia.not@example.com"]
    assert summary["configuration_set"] == stack.outputs["TransactionalConfigurationSet"]
    assert "orders@shop.example" in summary["from"]
    assert mail["reply_to"] == ["help@shop.example"]
    assert {"name": "X-Order", "value": "1042"} in mail["headers"]
    assert "1042" in mail["subject"]
    for part in ("text", "html"):
        assert "Panadería Ruiz" in mail[part], part
        assert "2.544,58" in mail[part], part
    assert "<fine>" not in mail["html"]


def test_a_bounce_suppresses_the_address_on_every_stream(stack: LocalStack) -> None:
    address = {"email": f"bounce+{stack.new_id('b')}@simulator.amazonses.com"}

    first = stack.send(stack.message("bounce", to=address))
    assert (first.status, first.bounce) == (Status.BOUNCED, "hard")
    suppression = patiently(lambda: stack.suppression(first.address_key), lambda: "the suppression")
    scope = suppression["scopes"]["M"]["all"]["M"]
    assert scope["reason"]["S"] == Reason.HARD_BOUNCE
    assert first.message_id in scope["evidence"]["S"]

    again = stack.send(stack.message("bounce-again", to=address))
    news = stack.message("bounce-news", to=address, stream="marketing", topic="product_updates")
    stack.enqueue(news, stream="Marketing")
    other = stack.wait_for_end(str(news["message_id"]))
    for row in (again, other):
        assert (row.status, row.reason) == (Status.SUPPRESSED, Reason.HARD_BOUNCE)
        assert stack.mails_of(row.message_id) == []


def test_a_bounce_suppresses_no_other_label_of_the_same_mailbox(stack: LocalStack) -> None:
    one = f"bounce+{stack.new_id('one')}@simulator.amazonses.com"
    two = f"success+{stack.new_id('two')}@simulator.amazonses.com"

    assert stack.send(stack.message("label", to={"email": one})).status is Status.BOUNCED
    assert stack.send(stack.message("label", to={"email": two})).status is Status.DELIVERED


def test_a_complaint_suppresses_though_the_mail_was_delivered(stack: LocalStack) -> None:
    message = stack.message("complaint")
    delivered = stack.send(message)
    assert delivered.status is Status.DELIVERED
    (summary,) = stack.mails_of(delivered.message_id)

    stack.inbox.report(summary["id"], "complaint")

    complained = stack.wait_for(delivered.message_id, Status.COMPLAINED)
    assert "delivered" in complained.times
    patiently(lambda: stack.suppression(complained.address_key), lambda: "the suppression")
    again = stack.send(stack.message("complaint-again", to=message["to"]))
    assert (again.status, again.reason) == (Status.SUPPRESSED, Reason.COMPLAINT)


def test_a_soft_bounce_suppresses_nobody(stack: LocalStack) -> None:
    message = stack.message("soft")
    delivered = stack.send(message)
    (summary,) = stack.mails_of(delivered.message_id)

    stack.inbox.report(summary["id"], "soft_bounce")
    stack.wait_until_quiet()

    assert stack.suppression(delivered.address_key) is None
    again = stack.send(stack.message("soft-again", to=message["to"]))
    assert again.status is Status.DELIVERED


def test_one_hundred_copies_at_once_are_one_mail(stack: LocalStack) -> None:
    message = stack.message("copies")

    stack.enqueue(*[message] * 100)
    row = stack.wait_for_end(str(message["message_id"]))
    stack.wait_until_quiet()

    assert row.status is Status.DELIVERED
    assert len(stack.mails_of(row.message_id)) == 1
    settled = stack.ledger.get(row.message_id)
    assert settled is not None
    assert (settled.status, settled.attempt) == (Status.DELIVERED, 1)


def test_an_attachment_of_the_stream_is_sent_along(stack: LocalStack) -> None:
    key = f"attachments/transactional/{stack.new_id('invoice')}.pdf"
    bucket = stack.outputs["AttachmentsBucket"]
    stack.s3.put_object(Bucket=bucket, Key=key, Body=b"%PDF-1.7 an invoice")

    row = stack.send(
        stack.message(
            "attachment",
            attachments=[
                {"filename": "Rechnung März.pdf", "content_type": "application/pdf", "s3": f"{bucket}/{key}"}
            ],
        )
    )

    assert row.status is Status.DELIVERED
    (summary,) = stack.mails_of(row.message_id)
    assert stack.inbox.mail(summary["id"])["attachments"] == [
        {"filename": "Rechnung März.pdf", "content_type": "application/pdf", "size": 19}
    ]


def test_results_reach_an_application_by_the_bus(stack: LocalStack) -> None:
    url = stack.results_queue("application-results", ["message.bounced", "message.suppressed"])
    address = {"email": f"bounce+{stack.new_id('bus')}@simulator.amazonses.com"}

    bounced = stack.send(stack.message("bus", to=address, tags={"order": "77"}))
    patiently(lambda: stack.suppression(bounced.address_key), lambda: "the suppression")
    suppressed = stack.send(stack.message("bus-again", to=address))
    seen: dict[str, dict[str, object]] = {}

    def look() -> bool | None:
        taken = stack.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        for each in taken.get("Messages", []):
            event = json.loads(each["Body"])
            seen[event["detail"]["message_id"]] = event
        return True if {bounced.message_id, suppressed.message_id} <= set(seen) else None

    patiently(look, lambda: f"both results; seen {sorted(seen)}")
    first, second = seen[bounced.message_id], seen[suppressed.message_id]
    assert (first["detail-type"], second["detail-type"]) == ("message.bounced", "message.suppressed")
    detail = first["detail"]
    assert isinstance(detail, dict)
    assert detail["schema"] == "postroad.result.v1"
    assert detail["ses_message_id"] == bounced.ses_message_id
    assert detail["tags"] == {"order": "77"}
    assert "@" not in json.dumps([first["detail"], second["detail"]])
