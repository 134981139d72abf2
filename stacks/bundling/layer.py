"""The layer of third-party code, in build/layer/<hash of inputs>/python: installed by pip, without Docker."""

import gzip
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from pathlib import Path

from stacks.bundling.once import build_once, digest
from stacks.bundling.target import Target, add_bytecode

ROOT = Path(__file__).resolve().parents[2]
# The AWS services that functions call. botocore knows some four hundred, in half of the layer's files.
SERVICES = frozenset(
    {"dynamodb", "events", "kms", "lambda", "s3", "secretsmanager", "sesv2", "sns", "sqs", "ssm", "sts"}
)
# Written for the machine that installs (the interpreter's path is in them), or never read in Lambda.
UNUSED = ("bin", "boto3/examples", "*.dist-info/RECORD", "*.dist-info/direct_url.json")
# Settings of the machine's AWS account or of the emulated cloud, which pip must not take for its own.
CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


# Where Lambda unpacks layers.
MOUNT = "/opt/python"


class LayerError(Exception):
    """pip could not install the layer; the text says why."""


def build_layer(target: Target, *, root: Path = ROOT) -> Path:
    """Return the layer's folder (it holds `python/`), built if lock file, target or this file changed."""
    lock = root / "requirements" / "runtime.txt"
    machine = "" if target.platforms else sysconfig.get_platform()
    words = " ".join((target.python, *target.platforms, machine, target.bytecode or "none"))
    name = digest((lock.read_bytes(), Path(__file__).read_bytes(), words.encode()))

    def build(folder: Path) -> None:
        python = folder / "python"
        _install(lock, target, python)
        for unused in _unused(python):
            shutil.rmtree(unused) if unused.is_dir() else unused.unlink()
        _forget_endpoints(python / "botocore" / "data")
        if target.takes_our_bytecode:
            add_bytecode(python, mount=MOUNT)

    return build_once(root / "build" / "layer" / name, build)


def _install(lock: Path, target: Target, folder: Path) -> None:
    """Install exactly what the lock file names, from wheels alone: nothing built, no hash unchecked."""
    # -I: neither the working folder nor PYTHONPATH may lend pip a module.
    command = [
        sys.executable,
        "-I",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-input",
        "--disable-pip-version-check",
    ]
    command += [
        "--require-hashes",
        "--no-deps",
        "--only-binary=:all:",
        "--no-compile",
        "--requirement",
        str(lock),
    ]
    command += [*target.pip_options, "--target", str(folder)]
    run = subprocess.run(  # noqa: S603 - all words are ours
        command,
        env=clean_environment(os.environ, lock.parents[1]),
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode != 0:
        raise LayerError(
            f"pip could not install the layer for Python {target.python} from {lock}:\n{run.stderr.strip()}"
        )


def clean_environment(environment: Mapping[str, str], root: Path) -> dict[str, str]:
    """Return the environment for pip: without AWS's variables, and without certificates kept below `root`.

    `cdk deploy` to the emulated cloud runs with that cloud's certificate as the only one trusted: with it pip
    would trust no package index. The machine's own certificates stay; a company's proxy may need them.
    """

    def keep(name: str, value: str) -> bool:
        if name in CERTIFICATES:
            return not Path(value).resolve().is_relative_to(root)
        return not name.startswith(("AWS_", "PYTHON", "PIP_TARGET", "PIP_USER", "PIP_PREFIX"))

    return {name: value for name, value in environment.items() if keep(name, value)}


def _unused(folder: Path) -> Iterator[Path]:
    for pattern in UNUSED:
        yield from folder.glob(pattern)
    for service in (folder / "botocore" / "data").glob("*/"):
        if service.name not in SERVICES:
            yield service


def _forget_endpoints(data: Path) -> None:
    """Leave only the endpoints of the services above: reading all of AWS's takes 15 ms and 5 MB."""
    path = data / "endpoints.json"
    if not path.is_file():
        return
    kept = set()
    for model in data.glob("*/*/service-2.json.gz"):
        kept.add(json.loads(gzip.decompress(model.read_bytes()))["metadata"]["endpointPrefix"])
    endpoints = json.loads(path.read_text("utf-8"))
    for partition in endpoints["partitions"]:
        services = partition["services"]
        partition["services"] = {name: services[name] for name in services.keys() & kept}
    path.write_text(json.dumps(endpoints, separators=(",", ":"), sort_keys=True), "utf-8")
