"""`postroad contact import` and `export`, from the file to the tables and back."""

from __future__ import annotations

import csv
import json
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from postroad.cli.problem import ExitCode
from postroad.contacts.dynamodb import DynamoContacts
from tests.unit.cli.deployed import ANA, bounce, key_of

if TYPE_CHECKING:
    from postroad.contacts.model import Contact
    from tests.unit.cli.deployed import Deployed

pytestmark = pytest.mark.slow

SHIPPED = Path(__file__).parents[3] / "config" / "topics.toml"
LI = "li.na@example.com"


@pytest.fixture
def stage(deployed: Deployed) -> Deployed:
    Path("config").mkdir(exist_ok=True)
    Path("config", "topics.toml").write_bytes(SHIPPED.read_bytes())
    return deployed


def write(text: str, name: str = "list.csv") -> str:
    Path(name).write_bytes(text.encode())
    return name


def load(stage: Deployed, text: str, *words: str, name: str = "list.csv", code: int = 0) -> dict[str, Any]:
    report: dict[str, Any] = stage.json("contact", "import", write(text, name), "--yes", *words, code=code)
    return report


def contact(stage: Deployed, email: str = ANA) -> Contact:
    store = DynamoContacts(stage.session.client("dynamodb"), "contacts")
    return store.find([key_of(email)])[key_of(email)]


def rows(report: dict[str, Any]) -> dict[str, int]:
    return {name: count for name, count in report["rows"].items() if count}


def test_rows_become_contacts_with_attributes_and_consent(stage: Deployed) -> None:
    report = load(
        stage,
        "email,name,locale,time zone,topics,wording,attributes.orders,attributes.city,colour\n"
        f"{ANA},Ana Ruiz,es-CO,America/Bogota,offers=granted@2026-01-02T03:04:05Z product_updates,"
        "v3,7,Bogotá,x\n"
        f"{LI},Li Na,zh-Hans,,,,,北京,\n",
    )

    assert rows(report) == {"rows": 2, "added": 2}
    assert report["unused_columns"] == ["colour"]
    ana = contact(stage)
    assert (ana.name, ana.locale, ana.time_zone) == ("Ana Ruiz", "es-CO", "America/Bogota")
    assert dict(ana.attributes) == {"orders": 7, "city": "Bogotá"}
    assert {name: (each.status.value, each.wording) for name, each in ana.topics.items()} == {
        "offers": ("granted", "v3"),
        "product_updates": ("granted", "v3"),
    }
    assert ana.topics["offers"].at.isoformat() == "2026-01-02T03:04:05+00:00"
    assert dict(contact(stage, LI).attributes) == {"city": "北京"}


def test_an_update_leaves_alone_what_no_cell_mentions(stage: Deployed) -> None:
    load(stage, f"email,name,attributes.orders,attributes.city\n{ANA},Ana,7,Cali\n")

    report = load(stage, f"email,name,attributes.orders\n{ANA},,8\n")

    assert rows(report) == {"rows": 1, "updated": 1}
    assert (contact(stage).name, dict(contact(stage).attributes)) == ("Ana", {"orders": 8, "city": "Cali"})


def test_a_second_import_changes_nothing(stage: Deployed) -> None:
    text = f"email,name,topics\n{ANA},Ana,offers=granted\n{LI},Li,product_updates\n"
    load(stage, text)
    before = contact(stage)

    assert rows(load(stage, text)) == {"rows": 2, "unchanged": 2}
    assert contact(stage) == before


def test_json_lines_say_the_same_and_null_forgets(stage: Deployed) -> None:
    first = {
        "email": ANA,
        "name": "Ana",
        "attributes": {"orders": 7, "tags": ["a", "b"], "vip": True},
        "topics": {"offers": {"status": "granted", "at": "2026-01-02T03:04:05Z", "ip": "192.0.2.7"}},
    }
    second = {"email": LI, "topics": ["product_updates"]}
    load(stage, f"{json.dumps(first)}\n\n{json.dumps(second)}\n", name="list.jsonl")
    assert dict(contact(stage).attributes) == {"orders": 7, "tags": ("a", "b"), "vip": True}
    assert contact(stage, LI).topics["product_updates"].status == "granted"

    third = {"email": ANA, "name": None, "attributes": {"vip": None}}
    report = load(stage, json.dumps(third), "--format", "jsonl")

    assert rows(report) == {"rows": 1, "updated": 1}
    assert (contact(stage).name, dict(contact(stage).attributes)) == ("", {"orders": 7, "tags": ("a", "b")})


def test_whoever_is_suppressed_stays_so_and_the_report_says_it(stage: Deployed) -> None:
    stage.suppress(ANA, bounce())
    text = f"email,topics\n{ANA},offers=granted\n{LI},offers=granted\n"

    report = load(stage, text)

    assert rows(report) == {"rows": 2, "added": 2, "suppressed": 1}
    assert stage.suppressions.find([key_of(ANA)])[key_of(ANA)].scopes["all"] == bounce()
    printed = stage.run("contact", "import", "list.csv", "--yes").stdout
    assert "1 of them stay suppressed" in printed


def test_who_left_in_the_list_leaves_and_an_old_list_brings_nobody_back(stage: Deployed) -> None:
    load(stage, f"email,topics\n{ANA},product_updates\n")

    report = load(stage, f"email,topics\n{ANA},product_updates=withdrawn\n")
    assert rows(report) == {"rows": 1, "updated": 1, "suppressed": 1}
    assert list(stage.suppressions.find([key_of(ANA)])[key_of(ANA)].scopes) == ["topic:product_updates"]

    report = load(stage, f"email,topics\n{ANA},product_updates\n")
    assert rows(report) == {"rows": 1, "unchanged": 1, "suppressed": 1}
    assert contact(stage).topics["product_updates"].status == "withdrawn"


def test_a_leaving_of_before_they_came_back_is_old_news(stage: Deployed) -> None:
    left = f"email,topics\n{ANA},offers=withdrawn@2026-01-02T03:04:05Z\n"
    load(stage, left)
    assert stage.suppressions.lift(
        key_of(ANA), "topic:offers", source="operator:bo", now=datetime(2026, 3, 1, tzinfo=UTC)
    )
    load(stage, f"email,topics\n{ANA},offers=granted@2026-03-01T00:00:00Z\n")

    assert rows(load(stage, left)) == {"rows": 1, "unchanged": 1}
    assert contact(stage).topics["offers"].status == "granted"
    assert stage.suppressions.find([key_of(ANA)]) == {}

    later = f"email,topics\n{ANA},offers=withdrawn@2026-04-02T03:04:05Z\n"
    assert rows(load(stage, later)) == {"rows": 1, "updated": 1, "suppressed": 1}
    assert rows(load(stage, f"email,topics\n{LI},offers=withdrawn\n")) == {
        "rows": 1,
        "added": 1,
        "suppressed": 1,
    }


def test_a_dry_run_counts_those_who_would_leave(stage: Deployed) -> None:
    load(stage, f"email,topics\n{ANA},offers=granted@2026-01-02T03:04:05Z\n")
    left = f"email,topics\n{ANA},offers=withdrawn\n"

    assert rows(load(stage, left, "--dry-run")) == {"rows": 1, "updated": 1}
    assert contact(stage).topics["offers"].status == "granted"

    assert rows(load(stage, left)) == {"rows": 1, "updated": 1, "suppressed": 1}
    assert rows(load(stage, left, "--dry-run")) == {"rows": 1, "unchanged": 1, "suppressed": 1}


def test_a_list_that_holds_one_address_over_and_over_is_imported(stage: Deployed) -> None:
    text = "email,name\n" + "".join(f"{ANA},Name {number}\n" for number in range(500))
    report = load(stage, f"{text}{LI},Li Na\n")
    assert rows(report) == {"rows": 501, "added": 2, "updated": 499}
    assert contact(stage).version == 500
    assert contact(stage, LI).name == "Li Na"


def test_a_topic_that_is_named_twice_in_a_row_is_told(stage: Deployed) -> None:
    many = " ".join(f"offers={'granted' if day % 2 else 'pending'}@2026-01-{day:02}" for day in range(1, 29))
    report = load(stage, f"email,topics\n{ANA},{many}\n{LI},offers\n", code=ExitCode.PARTLY)
    assert rows(report) == {"rows": 2, "added": 1, "invalid": 1}
    assert "named twice" in report["errors"][0]["what"]


@pytest.mark.parametrize("cell", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_cell_that_is_a_number_to_few_is_a_text(stage: Deployed, cell: str) -> None:
    load(stage, f"email,attributes.city\n{ANA},{cell}\n")
    assert contact(stage).attributes == {"city": cell}


def test_a_dry_run_writes_nothing(stage: Deployed) -> None:
    text = f"email,name,topics\n{ANA},Ana,offers=withdrawn\nnobody,,\n"
    file = write(text)

    report = stage.json("contact", "import", file, "--dry-run", code=ExitCode.PARTLY)

    assert report["dry_run"] is True
    assert rows(report) == {"rows": 2, "added": 1, "invalid": 1}
    assert stage.suppressions.find([key_of(ANA)]) == {}
    assert stage.run("contact", "show", ANA).exit_code == ExitCode.NOT_FOUND
    assert "nothing was written" in stage.run("contact", "import", file, "--dry-run").stdout


def test_each_wrong_row_is_told_with_its_fix_and_costs_no_other(stage: Deployed) -> None:
    report = load(
        stage,
        "email;locale;time_zone;topics;attributes.note\n"
        f"{ANA};;;;\n"
        "nobody;;;;\n"
        "a@example.com;not a locale;;;\n"
        "b@example.com;;Mars;;\n"
        "c@example.com;;;nothing;\n"
        "d@example.com;;;offers=maybe;\n"
        "e@example.com;;;offers=granted@2999-01-01;\n"
        "f@example.com;;;offers@yesterday;\n"
        f"g@example.com;;;;{'x' * 1_001}\n"
        "h@example.com;;;;;too many\n"
        ";;;;only a note\n"
        f"{LI};zh-Hans;Asia/Shanghai;;\n",
        "--errors",
        "wrong.csv",
        code=ExitCode.PARTLY,
    )

    assert rows(report) == {"rows": 12, "added": 2, "invalid": 10}
    with Path("wrong.csv").open(encoding="utf-8", newline="") as stream:
        wrong = [(each["row"], each["column"]) for each in csv.DictReader(stream)]
    assert wrong == [
        ("3", "email"), ("4", "locale"), ("5", "time_zone"), ("6", "topics"), ("7", "topics"),
        ("8", "topics"), ("9", "topics"), ("10", "attributes.note"), ("11", ""), ("12", "email"),
    ]  # fmt: skip
    assert all(each["what"] and each["fix"] for each in report["errors"])


def test_each_wrong_line_is_told_with_its_fix_and_costs_no_other(stage: Deployed) -> None:
    lines = [
        json.dumps({"email": ANA}),
        "{not json",
        "[]",
        json.dumps({"email": 7}),
        json.dumps({"name": "nobody"}),
        json.dumps({"email": LI, "colour": "red"}),
        json.dumps({"email": LI, "attributes": []}).replace("[]", "[1]"),
        json.dumps({"email": LI, "attributes": {"deep": {"er": 1}}}),
        json.dumps({"email": LI, "topics": 7}),
        json.dumps({"email": LI, "topics": {"offers": {"colour": "red"}}}),
        '{"email": "li.na@example.com", "name": "\\ud800"}',
        json.dumps({"email": LI, "name": "x" * 70_000}),
        json.dumps({"email": LI}),
    ]
    report = load(stage, "\n".join(lines), name="list.jsonl", code=ExitCode.PARTLY)

    assert rows(report) == {"rows": 13, "added": 2, "invalid": 11}
    assert [(each["row"], each["column"]) for each in report["errors"]] == [
        (2, ""), (3, ""), (4, "email"), (5, "email"), (6, "colour"), (7, "attributes"),
        (8, "attributes.deep"), (9, "topics"), (10, "topics"), (11, ""), (12, ""),
    ]  # fmt: skip


def test_more_attributes_than_are_kept_are_a_wrong_row(stage: Deployed) -> None:
    columns = ",".join(f"attributes.a{number}" for number in range(51))
    report = load(stage, f"email,{columns}\n{ANA}{',1' * 51}\n{LI},1\n", code=ExitCode.PARTLY)
    assert rows(report) == {"rows": 2, "added": 1, "invalid": 1}
    assert (report["errors"][0]["row"], report["errors"][0]["column"]) == (2, "attributes")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "list.csv has no header: it is empty."),
        ("name,city\n", "The first row names no column `email`."),
        ("email,name,Name\n", "The column 'name' is there twice."),
    ],
)
def test_a_list_without_a_sound_header_is_refused(stage: Deployed, text: str, what: str) -> None:
    assert load(stage, text, code=ExitCode.USAGE)["error"]["what"] == what


def test_unknown_formats_and_files_that_are_not_there_are_refused(stage: Deployed) -> None:
    assert "no format" in load(stage, "email\n", "--format", "xml", code=ExitCode.USAGE)["error"]["what"]
    gone = stage.json("contact", "import", "gone.csv", code=ExitCode.USAGE)["error"]
    assert gone["next"] == "Name a CSV or JSON Lines file, or `-`."
    same = load(stage, "email\n", "--errors", "list.csv", code=ExitCode.USAGE)["error"]
    assert "is the list itself" in same["what"]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_what_is_exported_is_imported_as_it_was(stage: Deployed, form: str) -> None:
    attributes = {
        "orders": 7, "spent": 1.5, "vip": False, "zip": "01234", "number": "7", "yes": "true",
        "quoted": '"a"', "formula": "=1+1", "lines": "a\nb", "list": ["a", "b,c"], "blank": " x ",
    }  # fmt: skip
    first = {"email": ANA, "name": "=Ana", "attributes": attributes, "topics": {"offers": "granted"}}
    second = {"email": LI, "topics": {"offers": "withdrawn", "product_updates": "granted"}}
    load(stage, f"{json.dumps(first)}\n{json.dumps(second)}\n", name="list.jsonl")
    before = {email: contact(stage, email) for email in (ANA, LI)}
    words = [word for name in attributes for word in ("--attribute", name)] if form == "csv" else []

    told = stage.json("contact", "export", "--output", f"out.{form}", *words)

    assert told == {"output": f"out.{form}", "contacts": 2}
    assert stat.S_IMODE(Path(f"out.{form}").stat().st_mode) == 0o600
    report = stage.json("contact", "import", f"out.{form}", "--yes")
    assert rows(report) == {"rows": 2, "unchanged": 2, "suppressed": 1}
    assert {email: contact(stage, email) for email in (ANA, LI)} == before
    client = stage.session.client("dynamodb")
    for item in client.scan(TableName="contacts")["Items"]:
        client.delete_item(TableName="contacts", Key={"pk": item["pk"], "sk": item["sk"]})
    stage.json("contact", "import", f"out.{form}", "--yes")
    assert dict(contact(stage).attributes) == dict(before[ANA].attributes)
    assert contact(stage).topics == before[ANA].topics
    assert contact(stage, LI).topics == before[LI].topics


def test_an_export_goes_to_standard_output(stage: Deployed) -> None:
    load(stage, f"email,name\n{ANA},Ana\n")
    assert stage.run("contact", "export").stdout == (
        f"email,name,locale,time_zone,source,topics\n{ANA},Ana,,,{contact(stage).source},\n"
    )
    (line,) = stage.run("contact", "export", "--format", "jsonl").stdout.splitlines()
    assert json.loads(line) == {"email": ANA, "name": "Ana", "source": contact(stage).source}
    assert stage.run("contact", "export", "--json").exit_code == ExitCode.USAGE


def test_columns_are_known_however_they_are_written(stage: Deployed) -> None:
    report = load(stage, f"E-Mail,NAME,Time-Zone\n{ANA},Ana,America/Bogota\n")
    assert (rows(report), report["unused_columns"]) == ({"rows": 1, "added": 1}, [])
    assert (contact(stage).name, contact(stage).time_zone) == ("Ana", "America/Bogota")
