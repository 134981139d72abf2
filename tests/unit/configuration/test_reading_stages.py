"""How a stage's file is found and read, before anything in it is judged."""
# ruff: noqa: E501 - one line for each problem, as a reader sees it

from pathlib import Path

import pytest

from postroad.configuration import ConfigurationError, load, parse


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[aws\n", "config/prod.toml: not TOML: Expected ']' at the end of a table declaration (at line 1, column 5)"),
        ("a = 1\na = 2\n", "config/prod.toml: not TOML: Cannot overwrite a value (at line 2, column 6)"),
        ("a = " + "[" * 100_000, "config/prod.toml: nested far deeper than any key of this file"),
        ("a" + ".a" * 5_000 + " = 1", "config/prod.toml: nested far deeper than any key of this file"),
        ("account_share = " + "9" * 5_000, "config/prod.toml: holds a number of thousands of digits"),
    ],
)  # fmt: skip
def test_what_is_not_toml_is_said_with_its_line(text: str, problem: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(text, stage="prod", file="config/prod.toml")

    assert str(caught.value) == problem


def test_a_stage_without_a_file_is_told_which_there_are(tmp_path: Path) -> None:
    (tmp_path / "prod.toml").touch()

    with pytest.raises(ConfigurationError) as caught:
        load("production", tmp_path)

    assert str(caught.value) == (
        f"{tmp_path}/production.toml: no such file; stages in {tmp_path}: 'prod'. "
        "Choose one of them, or write the file"
    )


@pytest.mark.parametrize("stage", ["../prod", "Prod", "", "p" * 17, "prod-eu"])
def test_a_stage_is_a_name_and_no_path(stage: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"^stage: expected a stage name: .*, got '"):
        load(stage, tmp_path)


def test_a_stage_whose_names_could_be_another_s_is_refused_by_its_file(tmp_path: Path) -> None:
    """Stage `prod-eu` with stream `news` would be called as stage `prod` with stream `eu-news`."""
    (tmp_path / "prod-eu.toml").touch()

    with pytest.raises(ConfigurationError) as caught:
        load("prod-eu", tmp_path)

    assert str(caught.value) == (
        f"{tmp_path}/prod-eu.toml: stage: expected a stage name: a small letter, then up to 15 small letters and "
        "digits, no hyphen, got 'prod-eu'; the stage is the file's name: rename the file"
    )


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "prod.toml").write_bytes("# Größe\n".encode("latin-1"))

    with pytest.raises(ConfigurationError, match="expected UTF-8, got byte 0xf6 at 4"):
        load("prod", tmp_path)
