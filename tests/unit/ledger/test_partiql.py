from dataclasses import replace
from datetime import UTC, datetime

import botocore.session
import pytest
from botocore.model import StringShape

from postroad.contract.words import Status
from postroad.ledger.engagement import Engagement
from postroad.ledger.item import ATTRIBUTES, to_item
from postroad.ledger.partiql import (
    MOST_CHARACTERS,
    MOST_STATEMENTS,
    REFUSALS,
    Fate,
    fate_of,
    insertion,
    replacement,
)
from postroad.ledger.row import Row

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
LONGEST_TABLE = "t" * 255
BARE = Row(message_id="m", status=Status.CLAIMED)
FULL = Row(
    message_id="m",
    status=Status.HELD,
    reason="r",
    detail="it's \"quoted\" ? {'a': ?}",
    stream="s",
    template="t",
    fingerprint="f",
    address_key="k",
    email="e",
    locale="l",
    topic="t",
    journey="j",
    step="s",
    attempt=1,
    owner="o",
    lease_until=NOW,
    ses_ids={"1": "x"},
    times={"accepted": NOW},
    notes=("n" * 5_000,),
    tags={"a": "b"},
    bounce="soft",
    provider="gmail",
    due=NOW,
    generation=1,
    evidence_after=NOW,
    failures=1,
    links=2,
    engagement=Engagement(opens=(1,)),
    counted=("complaints",),
    expires_at=NOW,
)
MODEL = botocore.session.get_session().get_service_model("dynamodb")


def test_the_attributes_are_all_that_a_row_may_hold() -> None:
    assert set(to_item(FULL)) == {"pk", "sk", *ATTRIBUTES}
    assert len(ATTRIBUTES) == len(set(ATTRIBUTES))


def test_an_insertion_names_each_attribute_once_and_holds_no_value() -> None:
    statement = insertion("mail", to_item(replace(BARE, detail="it's")))

    assert statement == {
        "Statement": "INSERT INTO \"mail\" VALUE {'pk': ?, 'sk': ?, 'status': ?, 'detail': ?, 'version': ?}",
        "Parameters": [{"S": "m"}, {"S": "message"}, {"S": "claimed"}, {"S": "it's"}, {"N": "1"}],
    }


def test_a_replacement_sets_what_the_row_says_and_removes_all_else() -> None:
    statement = replacement("mail", to_item(replace(BARE, version=8)), expected=7)

    text = statement["Statement"]
    assert text.startswith('UPDATE "mail" SET "status" = ? SET "version" = ? REMOVE "held" REMOVE "reason" ')
    assert text.endswith(' WHERE "pk" = ? AND "sk" = ? AND "version" = ?')
    assert text.count("REMOVE") == len(ATTRIBUTES) - 2
    expected = [{"S": "claimed"}, {"N": "8"}, {"S": "m"}, {"S": "message"}, {"N": "7"}]
    assert statement["Parameters"] == expected
    assert statement["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD"


@pytest.mark.parametrize("row", [BARE, FULL])
def test_a_statement_is_never_too_long_and_has_as_many_parameters_as_marks(row: Row) -> None:
    item = to_item(row)
    for statement in (insertion(LONGEST_TABLE, item), replacement(LONGEST_TABLE, item, expected=1)):
        assert len(statement["Statement"]) < MOST_CHARACTERS // 4
        assert statement["Statement"].count("?") == len(statement["Parameters"])


def test_every_outcome_that_dynamodb_knows_is_judged() -> None:
    codes = MODEL.shape_for("BatchStatementErrorCodeEnum")
    assert isinstance(codes, StringShape)
    known = set(codes.enum)
    judged = {code for code in known if fate_of(code) is not Fate.REFUSED} | REFUSALS
    assert judged == known
    assert {code for code in known if fate_of(code) is Fate.MET} == {
        "DuplicateItem",
        "ConditionalCheckFailed",
    }
    assert fate_of("") is Fate.WRITTEN
    assert fate_of("SomethingNew") is Fate.REFUSED


def test_the_limits_are_those_of_the_service() -> None:
    assert MODEL.shape_for("PartiQLBatchRequest").metadata["max"] == MOST_STATEMENTS
    assert MODEL.shape_for("PartiQLStatement").metadata["max"] == MOST_CHARACTERS
