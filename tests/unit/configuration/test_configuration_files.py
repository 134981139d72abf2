"""The files that Postroad ships: complete, commented, and with the defaults that the reference names."""

import json
import re
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from postroad.configuration import Configuration, ConfigurationError, load, parse
from postroad.configuration.events import EVENTS
from postroad.configuration.keys import Key

CONFIG = Path("config")
FILLED_IN = Path("tests/infrastructure/config")
# The placeholders of config/prod.toml in the order of the file, and what a platform team might put there.
FILLING = (
    ("aws.account", "123456789012"),
    ("aws.region", "eu-west-1"),
    ("domains[0].name", "shop.example"),
    ("streams.transactional.domain", "shop.example"),
    ("streams.transactional.from", "orders@shop.example"),
    ("streams.marketing.domain", "shop.example"),
    ("streams.marketing.from", "news@shop.example"),
    ("web.domain", "mail.shop.example"),
    ("web.certificate_arn", "arn:aws:acm:eu-west-1:123456789012:certificate/0d1f-4c5e"),
    ("alarms.email", "platform@company.example"),
)


def filled_in() -> str:
    text = (CONFIG / "prod.toml").read_text(encoding="utf-8")
    for _, value in FILLING:
        text = re.sub(r'^(\w+ = )"<.*>"$', rf'\1"{value}"', text, count=1, flags=re.MULTILINE)
    return text


def test_the_local_stage_can_be_used_as_it_is() -> None:
    local = load("local")

    assert local.is_local
    assert local.recipients.allow == ("*",)
    assert local.streams["marketing"].unsubscribable
    assert local.timing.lease_seconds < Configuration.model_fields["timing"].default.lease_seconds


def test_production_names_each_placeholder_and_nothing_else() -> None:
    with pytest.raises(ConfigurationError) as caught:
        load("prod")

    lines = str(caught.value).splitlines()
    assert [line.split(": ")[1] for line in lines] == [key for key, _ in FILLING]
    for line in lines:
        assert line.startswith("config/prod.toml: ")
        assert ": still to be filled in: expected a" in line or "expected the ARN" in line
        assert re.search(r"got the placeholder '<.+>'$", line)


def test_production_filled_in_is_what_the_defaults_are() -> None:
    """Whoever deletes a key of config/prod.toml gets the value that stood there."""
    written = parse(filled_in(), stage="prod", file="config/prod.toml")
    required = tomllib.loads(filled_in())
    for section in ("attachments", "retention", "timing"):
        del required[section]
    for top in ("account_share", "encryption"):
        del required[top]
    for domain in required["domains"]:
        del domain["identity"], domain["mail_from"], domain["dmarc"], domain["dmarc_policy"]
    transactional = required["streams"]["transactional"]
    for key in set(transactional) - {"kind", "domain", "from"}:
        del transactional[key]
    del required["recipients"]["otherwise"]
    del required["alarms"]["runbooks"], required["alarms"]["dashboard"]

    assert written == Configuration.model_validate_json(json.dumps({**required, "stage": "prod"}))


def test_production_shows_every_key() -> None:
    text = (CONFIG / "prod.toml").read_text(encoding="utf-8")
    for key in values(Key()):
        assert re.search(rf"^(# )?{key.path[-1]} = ", text, re.MULTILINE), f"{key.path} is missing"


def values(key: Key) -> Iterator[Key]:
    """Yield every key that holds a value, in whatever section."""
    for each in key.keys:
        if each.section:
            yield from values(each.section)
        else:
            yield each


@pytest.mark.parametrize("file", sorted(CONFIG.glob("*.toml")), ids=lambda file: file.name)
def test_every_key_has_a_comment(file: Path) -> None:
    # The few keys of an event or fact are the same for each: there the tables are what is explained.
    key = r"\[" if file.name == EVENTS else r"(# )?[a-z_]+ = "
    lines = file.read_text(encoding="utf-8").splitlines()
    bare = [
        line
        for before, line in pairwise(lines)
        if re.match(key, line) and not re.match(r"# (?![a-z_]+ = )\S", before)
    ]

    assert not bare


@pytest.mark.parametrize("stage", ["prod", "staging"])
def test_the_stages_that_the_stacks_are_tested_with_are_valid(stage: str) -> None:
    assert load(stage, FILLED_IN).stage == stage


def test_a_filled_in_stage_is_read_as_meant() -> None:
    prod = load("prod", FILLED_IN)
    marketing, transactional = prod.streams["marketing"], prod.streams["transactional"]

    assert prod.producers_of("transactional") == ("210987654321",)
    assert prod.producers_of("marketing") == ()
    assert prod.domain_of(marketing).identity == "existing"
    assert prod.domain_of(marketing).dmarc == "external"
    assert prod.domain_of(transactional).mail_from_domain == "bounce.shop.example"
    assert transactional.sender == "Shop <orders@shop.example>"
    assert marketing.sender == "=?utf-8?q?F=C3=B6retaget?= <hello@news.company.example>"
    assert (transactional.open_tracking, marketing.open_tracking) == (False, True)
    window = prod.sizing()["marketing"].batching_window_seconds
    assert prod.timing.send_visibility_seconds(window) == 6 * 60 + 5
    assert prod.timing.feedback_visibility_seconds == 6 * 60 + 1
