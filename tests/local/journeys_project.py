"""A copy of the project with journeys and a frequency cap that the project itself doesn't have."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING

from postroad.local.deploy import deploy
from tests.local_stack import PROJECT
from tools.rehearsing import POSTROAD

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CAP = """
[caps.treats]
per_day = 1
"""
JOURNEYS = {
    # Three mails within half an hour, of a category that allows one a day.
    "birthday": """
version: 1
description: Congratulates, and says more than may be said on one day.
stream: marketing
topic: product_updates
category: treats
trigger: {date: birthday, at: "10:00"}
entry: {rule: always}
steps:
  - {id: wishes, send: newcomer_hello, data: {name: contact.name}}
  - wait: 10 minutes
  - {id: left_out, send: newcomer_guide, data: {name: contact.name}, if_capped: drop}
  - wait: 10 minutes
  - {id: next_day, send: newcomer_help, data: {name: contact.name}}
""",
    "visit": """
version: 1
description: Opens an account for whoever visits, and tells them; no consent is needed for that.
stream: transactional
trigger: {event: site.visited}
steps:
  - id: opened
    send: welcome
    data:
      customer: event.properties.customer
      customer_number: event.properties.customer_number
      account_url: event.properties.account_url
""",
}


def copy_project(folder: Path) -> Path:
    """Make the copy in this folder, which is empty: what commands and deployments read, no code."""
    for name in ("config", "journeys"):
        shutil.copytree(PROJECT / name, folder / name)
    (folder / "templates").symlink_to(PROJECT / "templates")
    with (folder / "config" / "local.toml").open("a", encoding="utf-8") as configuration:
        configuration.write(CAP)
    for name, text in JOURNEYS.items():
        (folder / "journeys" / f"{name}.yaml").write_text(text, encoding="utf-8")
        words = [str(POSTROAD), "--stage", "local", "journey", "record", name]
        subprocess.run(words, cwd=folder, check=True)  # noqa: S603 - our own program
    return folder


def deploying(project: Path) -> Callable[..., None]:
    """Return what deploys this copy, in place of `postroad.local.deploy.deploy`."""
    return partial(deploy, app=f"{sys.executable} -m tests.local.journeys_app {project}")
