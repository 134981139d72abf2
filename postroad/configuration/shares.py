"""The rule among files: stages of one account and Region share its SES rate and quota."""

import tomllib
from math import fsum
from pathlib import Path

from postroad.configuration.model import Configuration
from postroad.configuration.problems import ConfigurationError, Problem
from postroad.configuration.rules import Parts

WHOLE = 1.0
# Shares are decimal fractions: 0.7 + 0.2 + 0.1 must do.
ROUNDING = 1e-9


def check_shares(configuration: Configuration, folder: Path = Path("config")) -> None:
    """Refuse a stage whose `account_share` and those of the others in `folder` add up to more than 1.

    ConfigurationError names every file with its share.
    """
    shares = shares_of_account(configuration, folder)
    total = fsum(shares.values())
    if total <= WHOLE + ROUNDING:
        return
    listed = ", ".join(f"{folder.name}/{name}.toml {share:g}" for name, share in shares.items())
    raise ConfigurationError(
        f"{folder.name}/{configuration.stage}.toml",
        [
            Problem(
                ("account_share",),
                f"expected at most 1 for all stages of account {configuration.aws.account} in "
                f"{configuration.aws.region} together, got {total:g}: {listed}",
            )
        ],
    )


def shares_of_account(configuration: Configuration, folder: Path = Path("config")) -> dict[str, float]:
    """Return the share of this stage, and then of every other in `folder` with the same account and Region.

    Another file counts as far as it can be read: what is wrong with it is told when that stage is deployed.
    """
    shares = {configuration.stage: configuration.account_share}
    for file in sorted(folder.glob("*.toml")):
        if file.stem != configuration.stage and (share := _share(file, configuration)) is not None:
            shares[file.stem] = share
    return shares


def _share(file: Path, configuration: Configuration) -> float | None:
    """Return the share of a file's stage, or None if it is of another account or Region, or can't be read."""
    try:
        content = tomllib.loads(file.read_bytes().decode("utf-8"))
        aws = Parts.of(file.stem, content).aws
    except (ValueError, RecursionError):  # no TOML, no UTF-8: both are ValueErrors
        return None
    here = (configuration.aws.account, configuration.aws.region)
    if aws is None or (aws.account, aws.region) != here:
        return None
    share = content.get("account_share", WHOLE)
    return float(share) if isinstance(share, int | float) and 0 < share <= WHOLE else None
