"""A reader's shell: runs what a page shows, in a copy of the project, against the deployed local stack."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from postroad.cli.problem import ExitCode
from tests.documented import ROOT, Block, Shown

if TYPE_CHECKING:
    from tests.local_stack import LocalStack

INSTALLED = (".venv", ".venv-cloud", "node_modules")
MADE = ("build", "cdk.out", ".git", ".local", "__pycache__", ".*_cache", ".hypothesis", "*.egg-info")
BASH = shutil.which("bash") or "bash"
PATIENCE_SECONDS = 90.0
COMMAND_SECONDS = 300.0
# What only looks may be asked again until it says what the page says: mail takes a moment.
LOOKS = re.compile(
    r"^postroad (?:--stage \S+ )?(?:why|queues$|queues --|suppression list|journey where|journey stats)"
)
ANY_LINES = "…"
_CHANGING = (
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "<time>"),
    (r"\+[\d,]+\.\d s", "<since>"),
    (r"\b[0-9a-f]{16}-[0-9a-f-]{36,}\b", "<SES id>"),
    (r"\s+", " "),
)


def copy_of_the_project(target: Path) -> Path:
    """Copy the project as it is now; what is installed is shared, and so is the layer that was built."""
    ours = shutil.ignore_patterns(*INSTALLED, *MADE)
    shutil.copytree(ROOT, target, ignore=ours)
    for name in INSTALLED:
        (target / name).symlink_to(ROOT / name)
    (target / "build").mkdir()
    (ROOT / "build" / "layer").mkdir(parents=True, exist_ok=True)
    (target / "build" / "layer").symlink_to(ROOT / "build" / "layer")
    return target


class Reader:
    """One page's reader: a folder of its own, and one shell from the first command to the last."""

    def __init__(self, stack: LocalStack, folder: Path) -> None:
        """Lead the shell to the stack, as docs/reference/local.md says."""
        self._state = stack.state
        self._outputs = stack.outputs
        self.folder = copy_of_the_project(folder)
        (folder / ".local").symlink_to(self._state.folder)
        programs = folder / "build" / "programs"
        programs.mkdir()
        aws = programs / "aws"
        aws.write_text(f'#!/bin/sh\nexec {sys.executable} -m tests.aws_command "$@"\n', "utf-8")
        aws.chmod(0o755)
        (folder / "invoice.pdf").write_bytes(b"%PDF-1.7\n")  # the reader's own
        endpoint = self._state.endpoint
        self._variables = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "PATH": f"{programs}:{folder}/.venv/bin:{os.environ['PATH']}",
            "HOME": str(folder / "build"),
            "PYTHONPATH": str(folder),
            "COLUMNS": "200",
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ENDPOINT_URL_SESV2": self._state.simulator,
            "AWS_CA_BUNDLE": str(self._state.certificate),
            "CURL_CA_BUNDLE": str(self._state.certificate),
            "AWS_DEFAULT_REGION": self._state.region,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        self._shell = subprocess.Popen(  # noqa: S603 - our own pages
            [BASH, "--noprofile", "--norc"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env=self._variables,
            text=True,
        )
        self._number = 0

    def close(self) -> None:
        """End the shell."""
        if self._shell.stdin:
            self._shell.stdin.close()
        try:
            self._shell.wait(10)
        except subprocess.TimeoutExpired:
            self._shell.kill()
            self._shell.wait()

    def local(self, text: str) -> str:
        """Return what a page shows of `prod`, as the local stage has it."""
        account = self._outputs["AttachmentsBucket"].removeprefix("postroad-local-")
        queue = "https://sqs.eu-west-1.amazonaws.com/123456789012/postroad-prod-transactional"
        for shown, here in (
            (queue, self._outputs["TransactionalQueueUrl"]),
            ('region_name="eu-west-1"', f'region_name="{self._state.region}"'),
            ("123456789012-eu-west-1", account),
            ("--stage prod", "--stage local"),
            ('"prod"', '"local"'),
            ("postroad/prod/", "postroad/local/"),
            ("postroad-prod-", "postroad-local-"),
            ("https://localhost:4566", self._state.endpoint),
            ("http://127.0.0.1:8025", self._state.inbox),
            ("https://mail.your-domain.example", self._outputs["WebUrl"]),
        ):
            text = text.replace(shown, here)
        return text

    def lift(self, address: str) -> None:
        """Lift what stops an address, if anything does, here and on the account's own list."""
        code, printed = self._run(f"postroad suppression remove {address} --yes")
        assert code in {ExitCode.OK, ExitCode.NOT_FOUND}, printed
        code, printed = self._run(f"aws sesv2 delete-suppressed-destination --email-address {address}")
        assert code == 0 or "NotFoundException" in printed, printed

    def run(self, shown: Shown) -> None:
        """Run a command; it ends well and prints the lines that the page shows."""
        command = self.local(shown.command)
        end = time.monotonic() + (PATIENCE_SECONDS if LOOKS.match(command) else 0)
        while True:
            code, printed = self._run(command)
            missing = "" if code else not_printed(self.local("\n".join(shown.lines)), printed)
            if code == 0 and not missing:
                return
            if time.monotonic() >= end:
                raise AssertionError(f"{command}\nended with {code}; not printed: {missing!r}\n{printed}")
            time.sleep(0.5)

    def _run(self, command: str) -> tuple[int, str]:
        self._number += 1
        output = self.folder / "build" / f"{self._number}.out"
        code = output.with_suffix(".code")
        assert self._shell.stdin
        self._shell.stdin.write(
            f"{{ {command}\n}} >{output} 2>&1 </dev/null; echo $? >{code}.new; mv {code}.new {code}\n"
        )
        self._shell.stdin.flush()
        end = time.monotonic() + COMMAND_SECONDS
        while not code.exists():
            if time.monotonic() > end or self._shell.poll() is not None:
                raise AssertionError(f"{command}\ndid not end\n{output.read_text('utf-8')}")
            time.sleep(0.02)
        return int(code.read_text()), output.read_text("utf-8")

    def write(self, block: Block) -> None:
        """Write a block that is a file."""
        (self.folder / block.file).write_text(self.local(block.text), "utf-8")

    def run_program(self, block: Block) -> None:
        """Run a Python program; one that holds tests has them called."""
        text = self.local(block.text)
        tests = re.findall(r"^def (test_\w+)", text, re.MULTILINE)
        program = self.folder / "build" / f"line_{block.line}.py"
        program.write_text("\n".join([text, *(f"{name}()" for name in tests), ""]), "utf-8")
        self.run(Shown(f"python -W error {program}"))


def not_printed(expected: str, printed: str) -> str:
    """Return the first line that is missing; they come in order, and `…` stands for any number."""
    lines = [_stable(line) for line in printed.splitlines() if line.strip()]
    place, anywhere = 0, False
    for line in filter(None, map(_stable, expected.splitlines())):
        if line == ANY_LINES:
            anywhere = True
            continue
        found = next((at for at in range(place, len(lines)) if lines[at] == line), None)
        if found is None or (found > place and not anywhere):
            return line
        place, anywhere = found + 1, False
    return ""


def _stable(line: str) -> str:
    for pattern, instead in _CHANGING:
        line = re.sub(pattern, instead, line)
    return line.strip()
