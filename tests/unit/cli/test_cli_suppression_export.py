"""`postroad suppression export`, and the way back."""

from __future__ import annotations

import csv
import io
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from postroad.cli.problem import ExitCode
from postroad.contract.words import Reason
from postroad.suppression.model import ScopeEntry, Suppression
from tests.unit.cli.deployed import ANA, NOON, bounce, key_of

if TYPE_CHECKING:
    from tests.unit.cli.deployed import Deployed

ODD = (
    ("=cmd|' /C calc'!A0", "all", Reason.HARD_BOUNCE),
    ('+1 555, "quoted"; and\nanother line', "stream:order-updates", Reason.COMPLAINT),
    ("'=already marked", "topic:product_updates", Reason.UNSUBSCRIBED),
    ("\r\n", "topic:a;b", Reason.SOFT_BOUNCES),
    ("one\rtwo", "topic:f", Reason.MANUAL),
    ("", "topic:c", Reason.MANUAL),
    ("señal 信号 \U0001f600  ", "topic:d", Reason.SES_SUPPRESSED),
    ("@SUM(1)", "topic:=e", Reason.ON_ACCOUNT_SUPPRESSION_LIST),
)


def fill(deployed: Deployed) -> None:
    for number, (evidence, scope, reason) in enumerate(ODD):
        entry = ScopeEntry(
            reason,
            f"feedback{number}",
            NOON + timedelta(microseconds=number),
            NOON + timedelta(days=number) if number % 2 else None,
            evidence,
        )
        deployed.suppress(f"customer{number % 3}@example.com", entry, scope)
    deployed.suppress("+tag@example.com", bounce())


def everything(deployed: Deployed) -> dict[str, Suppression]:
    return {each.address_key: each for page in deployed.suppressions.pages() for each in page}


def test_export_and_import_into_an_empty_stage_give_the_same(deployed: Deployed) -> None:
    fill(deployed)
    before = everything(deployed)
    assert len(before) == 4
    assert deployed.run("suppression", "export", "--output", "all.csv").exit_code == 0
    client = deployed.session.client("dynamodb")
    for page in client.get_paginator("scan").paginate(TableName="suppressions"):
        for item in page["Items"]:
            client.delete_item(TableName="suppressions", Key={name: item[name] for name in ("pk", "sk")})
    assert everything(deployed) == {}

    report = deployed.json("suppression", "import", "all.csv", "--yes")

    assert report["rows"] == {"rows": 9, "added": 9, "standing": 0, "invalid": 0, "again": 0, "lifted": 0}
    assert everything(deployed) == before
    again = deployed.json("suppression", "import", "all.csv", "--yes")
    assert again["rows"] == {"rows": 9, "added": 0, "standing": 9, "invalid": 0, "again": 0, "lifted": 0}


def test_who_is_known_by_the_key_alone_comes_back_from_an_export(deployed: Deployed) -> None:
    left = ScopeEntry(Reason.UNSUBSCRIBED, "unsubscribe:one-click", NOON, None, "request 7")
    paused = ScopeEntry(Reason.PAUSED, "preferences:page", NOON, NOON + timedelta(days=30), "request 8")
    erased = ScopeEntry(Reason.ERASED, "operator:bo", NOON, None, "erasure 1")
    entries = {"ana": ("topic:offers", left), "bo": ("all", paused), "chen": ("all", erased)}
    for name, (scope, entry) in entries.items():
        deployed.suppressions.suppress(key_of(f"{name}@example.com"), "", scope, entry)
    before = everything(deployed)
    assert deployed.run("suppression", "export", "--output", "all.csv").exit_code == 0
    client = deployed.session.client("dynamodb")
    for item in client.scan(TableName="suppressions")["Items"]:
        client.delete_item(TableName="suppressions", Key={name: item[name] for name in ("pk", "sk")})

    assert deployed.json("suppression", "import", "all.csv", "--yes")["rows"]["added"] == 3

    assert everything(deployed) == before
    assert key_of("bo@example.com") in deployed.run("suppression", "list").output


@pytest.mark.parametrize(
    ("row", "what"),
    [
        (",manual,not a key,", "no key of an address"),
        (",manual,,", "the address is missing"),
        (f"{ANA},paused,,", "a pause has an end"),
    ],
)
def test_a_key_or_pause_that_is_none_is_a_wrong_row(deployed: Deployed, row: str, what: str) -> None:
    Path("list.csv").write_text(f"email,reason,address_key,until\n{row}\n", encoding="utf-8")
    report = deployed.json("suppression", "import", "list.csv", "--yes", code=ExitCode.PARTLY)
    assert what in report["errors"][0]["what"]


def test_the_longest_note_comes_back_from_an_export(deployed: Deployed) -> None:
    Path("list.csv").write_text(f"email,note\n{ANA},{'n' * 2000}\n", encoding="utf-8")
    assert deployed.run("suppression", "import", "list.csv", "--yes").exit_code == 0
    assert deployed.run("suppression", "export", "--output", "all.csv").exit_code == 0
    again = deployed.json("suppression", "import", "all.csv", "--yes")
    assert again["rows"] == {"rows": 1, "added": 0, "standing": 1, "invalid": 0, "again": 0, "lifted": 0}


def test_no_cell_is_a_formula(deployed: Deployed) -> None:
    fill(deployed)
    text = deployed.run("suppression", "export").stdout
    for row in csv.DictReader(io.StringIO(text, newline="")):
        assert all(value[:1] not in set("=+-@\t\r") for value in row.values())


def test_rows_go_to_standard_output_and_the_count_beside_it(deployed: Deployed) -> None:
    deployed.suppress(ANA, bounce())
    result = deployed.run("suppression", "export")
    assert result.stdout.splitlines() == [
        "email,scope,reason,source,since,until,evidence,address_key",
        f"{ANA},all,hard_bounce,feedback,2025-11-22T12:00:00Z,,event-1,",
    ]
    assert result.stderr == "1 row of 1 address\n"


def test_json_says_what_was_exported(deployed: Deployed) -> None:
    deployed.suppress(ANA, bounce())
    deployed.suppress(ANA, replace(bounce(), reason=Reason.MANUAL), "topic:news")
    assert deployed.json("suppression", "export", "--output", "all.csv") == {
        "output": "all.csv",
        "addresses": 1,
        "rows": 2,
    }
    assert deployed.json("suppression", "export", code=ExitCode.USAGE)["error"]["next"].startswith(
        "Give --output"
    )


def test_a_file_is_written_whole_or_not_at_all(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    deployed.suppress(ANA, bounce())
    deployed.run("suppression", "export", "--output", "all.csv")
    before = Path("all.csv").read_text(encoding="utf-8")
    assert stat.S_IMODE(Path("all.csv").stat().st_mode) == 0o600
    monkeypatch.setattr("postroad.cli.suppression.export_command.as_rows", lambda _each: 1 / 0)

    assert deployed.run("suppression", "export", "--output", "all.csv").exit_code != 0

    assert Path("all.csv").read_text(encoding="utf-8") == before
    assert [path.name for path in Path().iterdir()] == ["all.csv"]
    assert "can't be written" in deployed.run("suppression", "export", "--output", "no/such.csv").stderr


def test_a_folder_is_told_before_anything_is_read(deployed: Deployed) -> None:
    Path("folder").mkdir()
    result = deployed.run("suppression", "export", "--output", "folder")
    assert result.exit_code == ExitCode.USAGE
    assert "folder can't be written: Is a directory" in result.stderr
    assert [path.name for path in Path().iterdir()] == ["folder"]


def test_a_file_that_can_not_take_its_name_is_told_and_leaves_nothing(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_self: Path, _target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("postroad.cli.files.Path.replace", refuse)
    result = deployed.run("suppression", "export", "--output", "all.csv")
    assert result.exit_code == ExitCode.USAGE
    assert "all.csv can't be written: No space left" in result.stderr
    assert list(Path().iterdir()) == []


def test_what_was_lifted_is_not_exported(deployed: Deployed) -> None:
    deployed.suppress(ANA, bounce())
    deployed.suppressions.lift(key_of(ANA), "all", source="operator:ana", now=NOON)
    assert len(deployed.run("suppression", "export").stdout.splitlines()) == 1
