"""The layer of third-party code, in build/layer/<hash of inputs>/python: installed by pip, without Docker."""

import compileall
import gzip
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from py_compile import PycInvalidationMode

from stacks.bundling.once import build_once, digest

ROOT = Path(__file__).resolve().parents[2]
# The AWS services that functions call. botocore knows some four hundred, in half of the layer's files.
SERVICES = frozenset(
    {"dynamodb", "events", "kms", "lambda", "s3", "secretsmanager", "sesv2", "sns", "sqs", "ssm", "sts"}
)
# Written for the machine that installs (the interpreter's path is in them), or never read in Lambda.
UNUSED = ("bin", "boto3/examples", "*.dist-info/RECORD", "*.dist-info/direct_url.json")
# Settings of the machine's AWS account or of the emulated cloud, which pip must not take for its own.
CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


OUR_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
# Where Lambda unpacks layers.
MOUNT = "/opt/python"


class LayerError(Exception):
    """pip could not install the layer; the text says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """What the layer is for: a Python version and platform tags, or without tags this interpreter."""

    python: str
    platforms: tuple[str, ...] = ()

    @property
    def takes_our_bytecode(self) -> bool:
        """Whether the layer is for Lambda and this interpreter's version is Lambda's."""
        return bool(self.platforms) and self.python == OUR_PYTHON

    @property
    def pip_options(self) -> tuple[str, ...]:
        if not self.platforms:
            return ()
        tags = (f"--platform={tag}" for tag in self.platforms)
        return (*tags, f"--python-version={self.python}", "--implementation=cp")


# Amazon Linux 2023 (glibc 2.34) on Graviton. To pip each tag stands for itself: the older are named as well.
LAMBDA = Target("3.13", ("manylinux_2_28_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64"))
HOST = Target(OUR_PYTHON)


def build_layer(target: Target, *, root: Path = ROOT) -> Path:
    """Return the layer's folder (it holds `python/`), built if lock file, target or this file changed."""
    lock = root / "requirements" / "runtime.txt"
    machine = "" if target.platforms else sysconfig.get_platform()
    bytecode = sys.implementation.cache_tag if target.takes_our_bytecode else "none"
    words = " ".join((target.python, *target.platforms, machine, bytecode))
    name = digest((lock.read_bytes(), Path(__file__).read_bytes(), words.encode()))

    def build(folder: Path) -> None:
        python = folder / "python"
        _install(lock, target, python)
        for unused in _unused(python):
            shutil.rmtree(unused) if unused.is_dir() else unused.unlink()
        _forget_endpoints(python / "botocore" / "data")
        if target.takes_our_bytecode:
            _compile(python)

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


def _compile(folder: Path) -> None:
    """Add bytecode, without which a function compiles all that it imports at each cold start: 1 s, not 0.3 s.

    Lambda's folders can't be written to, so Python caches nothing there. Bytecode belongs to one version of
    Python: the layer has it if it was built by that version, and works without it otherwise.
    """
    compiled = compileall.compile_dir(
        folder,
        quiet=2,
        stripdir=folder,
        prependdir=MOUNT,
        invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
    )
    if not compiled:
        raise LayerError(f"some module of the layer can't be compiled by Python {OUR_PYTHON}")
