"""Stages of one account and Region share its SES rate and quota: their shares add up to 1 at most."""

from pathlib import Path

import pytest

from postroad.configuration import ConfigurationError, check_shares, load

STAGE = """
account_share = {share}
[aws]
account = "{account}"
region = "{region}"
[[domains]]
name = "shop.example"
[streams.transactional]
kind = "transactional"
domain = "shop.example"
from = "orders@shop.example"
[recipients]
allow = ["*"]
"""


def write(
    folder: Path, stage: str, share: float, *, account: str = "123456789012", region: str = "eu-west-1"
) -> None:
    text = STAGE.format(share=share, account=account, region=region)
    (folder / f"{stage}.toml").write_text(text, "utf-8")


def refusal(folder: Path, stage: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        check_shares(load(stage, folder), folder)
    return str(caught.value)


def test_shares_over_one_are_refused_with_every_file(tmp_path: Path) -> None:
    write(tmp_path, "prod", 0.8)
    write(tmp_path, "staging", 0.3)
    write(tmp_path, "elsewhere", 1.0, region="us-east-1")
    name = tmp_path.name

    assert refusal(tmp_path, "staging") == (
        f"{name}/staging.toml: account_share: expected at most 1 for all stages of account 123456789012 in "
        f"eu-west-1 together, got 1.1: {name}/staging.toml 0.3, {name}/prod.toml 0.8"
    )


def test_a_file_without_the_key_has_the_whole_account(tmp_path: Path) -> None:
    write(tmp_path, "prod", 0.5)
    write(tmp_path, "staging", 0.5)
    text = (tmp_path / "staging.toml").read_text("utf-8").replace("account_share = 0.5", "")
    (tmp_path / "staging.toml").write_text(text, "utf-8")

    assert "got 1.5" in refusal(tmp_path, "prod")


def test_shares_that_make_one_are_taken(tmp_path: Path) -> None:
    for stage, share in {"prod": 0.7, "staging": 0.2, "test": 0.1}.items():
        write(tmp_path, stage, share)
    check_shares(load("prod", tmp_path), tmp_path)


def test_other_accounts_and_regions_have_quotas_of_their_own(tmp_path: Path) -> None:
    write(tmp_path, "prod", 1.0)
    write(tmp_path, "staging", 1.0, account="210987654321")
    write(tmp_path, "america", 1.0, region="us-east-1")
    check_shares(load("prod", tmp_path), tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "[aws",
        "account_share = 1.0",
        '[aws]\naccount = "<yours>"',
        "\ud800",
        'account_share = 2\n[aws]\naccount = "123456789012"\nregion = "eu-west-1"',
        "a" + ".a" * 5_000 + " = 1",
    ],
    ids=["not toml", "no account", "placeholder", "not utf-8", "no share", "too deep"],
)
def test_a_file_that_is_not_filled_in_counts_for_nothing(tmp_path: Path, text: str) -> None:
    write(tmp_path, "prod", 1.0)
    (tmp_path / "staging.toml").write_bytes(text.encode("utf-8", "surrogatepass"))
    check_shares(load("prod", tmp_path), tmp_path)


@pytest.mark.parametrize("stage", ["prod", "staging"])
def test_the_stages_that_the_stacks_are_tested_with_fit_together(stage: str) -> None:
    folder = Path("tests/infrastructure/config")
    check_shares(load(stage, folder), folder)
