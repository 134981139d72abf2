from postroad.rendering.build import template_names
from tools import sample_mails
from tools.sample_mails import TEMPLATES, confirmations, customers, example_for, written


def test_every_template_is_among_the_samples() -> None:
    sent = {message["template"] for message in [*confirmations(), *written()]}

    assert sent == set(template_names(TEMPLATES))


def test_the_address_that_bounces_is_in_nobody_elses_mail() -> None:
    bouncing = customers()[sample_mails.BOUNCING].email
    others = [message["to"] for message in [*confirmations(), *written()]]

    assert len(others) == sample_mails.ORDERS + len(template_names(TEMPLATES)) - 1
    assert all(isinstance(to, dict) and to["email"] != bouncing for to in others)


def test_a_sample_greets_whom_it_is_sent_to() -> None:
    message = example_for("welcome", "LIHUA")
    reminder = example_for("cart_reminder", "LIHUA")

    data = message["data"]
    assert isinstance(data, dict)
    assert data["customer"]["name"] == "李华"
    assert isinstance(reminder["data"], dict)
    assert (reminder["data"]["name"], reminder["topic"]) == ("李华", "shopping")
    assert message["to"] == {"email": "hua.li@lihua.example.com", "name": "李华"}
    assert message["locale"] == "zh-CN"
