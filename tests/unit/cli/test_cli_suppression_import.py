"""`postroad suppression import`, from the file to the table."""

from __future__ import annotations

import csv
import os
import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from postroad.cli.problem import ExitCode
from postroad.contract.words import Reason
from postroad.suppression.model import NewSuppression, ScopeEntry
from tests.unit.cli.deployed import ANA, bounce, key_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.unit.cli.deployed import Deployed

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)


def write(text: str, name: str = "list.csv") -> str:
    Path(name).write_bytes(text.encode())
    return name


def entry(deployed: Deployed, email: str = ANA, scope: str = "all") -> ScopeEntry:
    return deployed.suppressions.find([key_of(email)])[key_of(email)].scopes[scope]


def rows(report: dict[str, Any]) -> tuple[int, int, int, int]:
    counted = report["rows"]
    return counted["rows"], counted["added"], counted["standing"], counted["invalid"]


def test_each_row_suppresses_its_address_with_where_it_came_from(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "operator1")
    file = write("email,reason,note\nana.ruiz@example.com,BOUNCE,\nLi.Na@Example.com,,asked by mail\n")

    report = deployed.json("suppression", "import", file, "--yes")

    assert rows(report) == (2, 2, 0, 0)
    first, second = entry(deployed), entry(deployed, "li.na@example.com")
    assert (first.reason, first.source, first.evidence, first.until) == (
        Reason.HARD_BOUNCE,
        "operator:operator1",
        "import list.csv row 2",
        None,
    )
    assert (second.reason, second.evidence) == (Reason.MANUAL, "import list.csv row 3: asked by mail")


def test_the_whole_row_is_taken_over(deployed: Deployed) -> None:
    file = write(
        "email,scope,reason,source,since,until,evidence\n"
        "ana.ruiz@example.com,stream:order-updates,unsubscribed,page,2026-01-02T03:04:05.678901Z,"
        '2027-01-01,"request 7, ""by mail"""\n'
    )
    assert rows(deployed.json("suppression", "import", file, "--yes")) == (1, 1, 0, 0)
    assert entry(deployed, scope="stream:order-updates") == ScopeEntry(
        Reason.UNSUBSCRIBED,
        "page",
        datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
        datetime(2027, 1, 1, tzinfo=UTC),
        'request 7, "by mail"',
    )


def test_a_second_import_writes_nothing(deployed: Deployed) -> None:
    file = write(f"email\n{ANA}\nli.na@example.com\n{ANA}\n")
    assert rows(deployed.json("suppression", "import", file, "--yes")) == (3, 2, 1, 0)
    assert rows(deployed.json("suppression", "import", file, "--yes")) == (3, 0, 3, 0)
    assert len(deployed.suppressions.history(key_of(ANA))) == 1


def test_what_is_stronger_stays(deployed: Deployed) -> None:
    complaint = replace(bounce(), reason=Reason.COMPLAINT)
    deployed.suppress(ANA, complaint)
    assert rows(deployed.json("suppression", "import", write(f"email\n{ANA}\n"), "--yes")) == (1, 0, 1, 0)
    assert entry(deployed) == complaint


def test_a_dry_run_says_what_would_change_and_writes_nothing(deployed: Deployed) -> None:
    deployed.suppress("old@example.com", bounce())
    file = write(f"email\n{ANA}\nold@example.com\nnobody\n")
    report = deployed.json("suppression", "import", file, "--dry-run", code=ExitCode.PARTLY)
    assert rows(report) == (3, 1, 1, 1)
    assert report["dry_run"] is True
    assert deployed.suppressions.find([key_of(ANA)]) == {}
    text = deployed.run("suppression", "import", file, "--dry-run").stdout
    assert "nothing was written" in text
    assert "1 would be suppressed; an address that is there twice may count twice" in text


def test_a_wrong_row_is_told_with_its_fix_and_costs_no_other(deployed: Deployed) -> None:
    file = write(
        "email;reason;since;scope\n"
        f"{ANA};bounce;;\n"
        "nobody;;;\n"
        ";;;\n"
        "a@example.com;tired;;\n"
        "b@example.com;;yesterday;\n"
        "c@example.com;;;stream:nope\n"
        "d@example.com;;;everything\n"
        "e@example.com;;2999-01-01;\n"
        "f@example.com;;;;too many\n"
        '"g@example.com;;;\n'
        "h@example.com;complaint;;all\n"
    )
    report = deployed.json("suppression", "import", file, "--errors", "wrong.csv", "--yes", code=6)
    assert rows(report) == (10, 2, 0, 8)
    with Path("wrong.csv").open(encoding="utf-8", newline="") as stream:
        wrong = list(csv.DictReader(stream))
    assert [(each["row"], each["column"], each["value"]) for each in wrong] == [
        ("3", "email", "nobody"),
        ("5", "reason", "tired"),
        ("6", "since", "yesterday"),
        ("7", "scope", "stream:nope"),
        ("8", "scope", "everything"),
        ("9", "since", "2999-01-01"),
        ("10", "", ""),
        ("11", "", ""),
    ]
    assert all(each["what"] and each["fix"] for each in wrong)
    assert [each["row"] for each in report["errors"]] == [3, 5, 6, 7, 8, 9, 10, 11]
    assert entry(deployed, "h@example.com").reason is Reason.COMPLAINT


def test_many_wrong_rows_are_counted_and_the_first_are_shown(deployed: Deployed) -> None:
    file = write("email\n" + "nobody\n" * 150)
    result = deployed.run("suppression", "import", file, "--yes")
    assert result.exit_code == ExitCode.PARTLY
    assert "row 2, email:" in result.stdout
    assert "row 150, email:" not in result.stdout
    assert "and 130 more: --errors FILE writes all of them" in result.stdout
    report = deployed.json("suppression", "import", file, "--yes", code=ExitCode.PARTLY)
    assert len(report["errors"]) == 100


@pytest.mark.parametrize(
    "text",
    [
        "EmailAddress,Reason,LastUpdateTime\nana.ruiz@example.com,BOUNCE,2020-04-10T21:03:05.011000-07:00\n",
        "email,created,reason\nana.ruiz@example.com,1586577785,Bounce\n",
        "Recipient\tSuppressionReason\tCreatedAt\nana.ruiz@example.com\tHardBounce\t2020-04-11T04:03:05Z\n",
        'address;Type;created_at\r\nana.ruiz@example.com;permanent;"Sat, 11 Apr 2020 04:03:05 GMT"\r\n',
        "\ufeffE-Mail Address,type,Date\nana.ruiz@example.com,hard bounced,2020-04-11 04:03:05\n",
    ],
    ids=["SES", "SendGrid", "Postmark", "Mailgun", "spreadsheet"],
)
def test_lists_of_other_senders_are_read(deployed: Deployed, text: str) -> None:
    assert rows(deployed.json("suppression", "import", write(text), "--yes")) == (1, 1, 0, 0)
    found = entry(deployed)
    assert found.reason is Reason.HARD_BOUNCE
    assert found.since.replace(microsecond=0) == datetime(2020, 4, 11, 4, 3, 5, tzinfo=UTC)


def test_columns_of_any_name_can_be_named(deployed: Deployed) -> None:
    file = write("who,why,reason\nana.ruiz@example.com,spam,550 5.1.1 no such user\n")
    words = ("suppression", "import", file, "--yes")
    refused = deployed.run(*words)
    assert refused.exit_code == ExitCode.USAGE
    assert "--email-column" in refused.stderr
    columns = ("--email-column", "who", "--reason-column", "why")
    report = deployed.json(*words, *columns)
    assert rows(report) == (1, 1, 0, 0)
    assert report["unused_columns"] == ["reason"]
    assert entry(deployed).reason is Reason.COMPLAINT
    assert deployed.run(*words, "--email-column", "nope").exit_code == ExitCode.USAGE


def test_rows_without_reason_and_scope_take_those_of_the_command(deployed: Deployed) -> None:
    file = write(f"email\n{ANA}\n")
    words = (
        "suppression",
        "import",
        file,
        "--yes",
        "--reason",
        "unsubscribed",
        "--scope",
        "stream:order-updates",
    )
    assert rows(deployed.json(*words)) == (1, 1, 0, 0)
    assert entry(deployed, scope="stream:order-updates").reason is Reason.UNSUBSCRIBED
    assert deployed.run("suppression", "import", file, "--reason", "tired").exit_code == ExitCode.USAGE
    assert deployed.run("suppression", "import", file, "--scope", "tired").exit_code == ExitCode.USAGE


def test_a_list_may_come_through_a_pipe(deployed: Deployed) -> None:
    result = deployed.run("suppression", "import", "-", "--yes", given=f"email\n{ANA}\n")
    assert result.exit_code == 0
    assert entry(deployed).evidence == "import standard input row 2"


@pytest.mark.parametrize(
    ("text", "told"),
    [("", "it is empty"), ("ana.ruiz@example.com\n", "looks like data"), ("name,city\n", "name, city")],
)
def test_a_file_without_a_header_is_refused(deployed: Deployed, text: str, told: str) -> None:
    result = deployed.run("suppression", "import", write(text), "--yes")
    assert result.exit_code == ExitCode.USAGE
    assert told in result.stderr
    assert "email,reason" in result.stderr


def test_files_that_can_not_be_read_or_written_are_named(deployed: Deployed) -> None:
    assert "missing.csv can't be read" in deployed.run("suppression", "import", "missing.csv", "--yes").stderr
    file = write(f"email\n{ANA}\n")
    result = deployed.run("suppression", "import", file, "--yes", "--errors", "no/such/folder.csv")
    assert result.exit_code == ExitCode.USAGE
    assert deployed.suppressions.find([key_of(ANA)]) == {}


def test_the_wrong_rows_never_take_the_place_of_the_list(deployed: Deployed) -> None:
    file = write(f"email\n{ANA}\nnobody\n")
    Path("link.csv").symlink_to(file)
    for errors in (file, f"./{file}", "link.csv"):
        result = deployed.run("suppression", "import", file, "--yes", "--errors", errors)
        assert result.exit_code == ExitCode.USAGE
        assert "is the list itself" in result.stderr
    assert Path(file).read_text(encoding="utf-8") == f"email\n{ANA}\nnobody\n"


def test_what_is_wrong_is_for_its_owner_s_eyes_alone(deployed: Deployed) -> None:
    deployed.run("suppression", "import", write("email\nnobody\n"), "--yes", "--errors", "wrong.csv")
    assert stat.S_IMODE(Path("wrong.csv").stat().st_mode) == 0o600


def test_names_that_are_no_utf_8_stop_nothing(deployed: Deployed) -> None:
    name = os.fsdecode(b"l\xe9st\n.csv")
    Path(name).write_bytes(f"email,r\xe9ason\n{ANA},\nli.na@example.com,tired\n".encode("latin-1"))
    words = ("--reason-column", "rason", "--errors", "wrong.csv", "--yes")
    report = deployed.json("suppression", "import", name, *words, code=ExitCode.PARTLY)
    assert rows(report) == (2, 1, 0, 1)
    assert entry(deployed).evidence == "import l\ufffdst\ufffd.csv row 2"
    assert report["errors"][0]["column"] == "r?ason"


def test_what_is_wrong_with_the_stage_is_no_row_s_fault(deployed: Deployed) -> None:
    del deployed.outputs["postroad-test-foundation"]["AddressSecretArn"]
    result = deployed.run("suppression", "import", write(f"email\n{ANA}\n"), "--yes")
    assert result.exit_code == ExitCode.FAILED
    assert "has no output AddressSecretArn" in result.stderr


def test_an_import_is_asked_for(deployed: Deployed) -> None:
    file = write(f"email\n{ANA}\n")
    refused = deployed.run("suppression", "import", file)
    assert refused.exit_code == ExitCode.REFUSED
    assert deployed.suppressions.find([key_of(ANA)]) == {}
    assert deployed.run("suppression", "import", file, "--dry-run").exit_code == 0


def test_what_ends_an_import_early_is_told_with_what_was_done(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = "email\n" + "".join(f"customer{number}@example.com\n" for number in range(25))
    file = write(many)
    real = type(deployed.suppressions).suppress_many
    calls = iter(range(100))

    def fail(self: Any, wanted: Sequence[NewSuppression], **options: Any) -> list[bool]:  # noqa: ANN401 - its store
        if next(calls) >= 1:
            raise KeyboardInterrupt
        return real(self, wanted, **options)

    monkeypatch.setattr("postroad.cli.lists.carrying.BATCH", 10)
    with monkeypatch.context() as patched:
        patched.setattr("postroad.suppression.dynamodb.DynamoSuppressions.suppress_many", fail)
        result = deployed.run("suppression", "import", file, "--yes", "--threads", "1")
    assert result.exit_code == ExitCode.INTERRUPTED
    assert "Interrupted. 10 addresses were done before." in result.stderr
    assert "Run the command again" in result.stderr
    # One thread again: moto is not made for several.
    again = deployed.json("suppression", "import", file, "--yes", "--threads", "1")
    assert rows(again) == (25, 15, 10, 0)


LATER = datetime(2025, 12, 1, tzinfo=UTC)


def test_what_was_removed_here_is_never_suppressed_again_in_silence(deployed: Deployed) -> None:
    li = "li.na@example.com"
    for email in (ANA, li):
        deployed.suppress(email, bounce())
        deployed.suppressions.lift(key_of(email), "all", source="operator:ana", now=LATER)
    file = write(f"email,reason,since\n{ANA},bounce,2025-01-02\n{li},bounce,\n")

    dry = deployed.json("suppression", "import", file, "--dry-run")
    assert (dry["rows"]["again"], dry["rows"]["lifted"]) == (1, 1)
    result = deployed.run("suppression", "import", file, "--yes")

    assert "1 may be mailed as before: the same was removed here after the row's date" in result.stdout
    assert "1 of these had been removed here before: suppressed again" in result.stdout
    assert f"{ANA} (all): left as it is" in result.stdout
    assert f"{li} (all): suppressed again" in result.stdout
    assert set(deployed.suppressions.find([key_of(ANA), key_of(li)])) == {key_of(li)}
