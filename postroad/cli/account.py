"""Whether these credentials belong to the stage that a command names. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from postroad.cli.problem import ExitCode, Problem

_ACCOUNT = re.compile(r"[0-9]{12}")
_READS = (
    "BatchGet", "Describe", "Get", "Head", "List", "Query", "Scan", "Select",
    # To look at a dead letter is to receive it, and to show it again at once.
    "ReceiveMessage", "ChangeMessageVisibility",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose credentials these are, as STS says: the account's 12 digits, and the caller's ARN."""

    account: str
    arn: str

    @property
    def partition(self) -> str:
        """Return `aws`, `aws-cn`, `aws-us-gov` and so on."""
        return self.arn.split(":")[1]


def only_reads(operation: str) -> bool:
    """Say whether an operation of AWS leaves everything as it is."""
    return operation.startswith(_READS)


def check_named(account: str | None, *, configured: str | None, stage: str) -> None:
    """Check what --account says before anything is asked; raises Problem."""
    if account is None:
        return
    if not _ACCOUNT.fullmatch(account):
        raise Problem(
            f"--account {account!r} is no AWS account.", "Give the account's 12 digits.", ExitCode.USAGE
        )
    if configured is not None and configured != account:
        raise Problem(
            f"--account says {account}, and config/{stage}.toml says {configured} (aws.account).",
            "Leave --account out, or name another stage.",
            ExitCode.WRONG_ACCOUNT,
        )


def check_caller(
    caller: Caller, *, expected: str | None, expected_by: str, stage: str, region: str | None, partition: str
) -> None:
    """Compare the credentials with what the stage says; raises Problem that names both.

    `expected` is None where nothing says which account is the right one; `partition` is that of `region`.
    """
    if expected is not None and caller.account != expected:
        raise Problem(
            f"The stage {stage} is in account {expected} ({expected_by}), "
            f"and these credentials are of account {caller.account} ({caller.arn}).",
            f"Set AWS_PROFILE to a profile of account {expected}, or name another stage.",
            ExitCode.WRONG_ACCOUNT,
        )
    if partition != caller.partition:
        raise Problem(
            f"The stage {stage} is in {region}, of the partition {partition}, "
            f"and these credentials are of {caller.partition} ({caller.arn}).",
            f"Set AWS_PROFILE to a profile of the partition {partition}, or set the Region right.",
            ExitCode.WRONG_ACCOUNT,
        )


def unknown_account(stage: str, account: str) -> Problem:
    """Return what to say where something is to be changed, and nothing names the right account."""
    return Problem(
        f"Nothing says that the stage {stage} is in account {account}: there is no config/{stage}.toml here.",
        f"Run the command in the folder of your Postroad repository, or give --account {account} "
        "before the command if it is the right one.",
        ExitCode.WRONG_ACCOUNT,
    )
