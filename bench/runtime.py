"""What the functions run on: Lambda's Python where this machine has it, the layer for it, and the bundles."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from stacks.bundling import HOST, LAMBDA, Target, build_bundle, build_layer

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "build" / "bench"
_ASKED = "import sys; print('%d.%d.%d' % sys.version_info[:3])"
_MACHINES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}


@dataclass(frozen=True, slots=True)
class Runtime:
    """An interpreter with its version, and the folder of third-party code for it."""

    python: Path
    version: str
    layer: Path

    @property
    def is_lambdas(self) -> bool:
        """Whether this is the version that functions are deployed on."""
        return self.version.startswith(LAMBDA.python + ".")


def find_python() -> tuple[Path, str]:
    """Return an interpreter of Lambda's version, or this one, with its version.

    It is looked for on the PATH and among pyenv's.
    """
    name = f"python{LAMBDA.python}"
    found = [Path(sys.executable), *([Path(path)] if (path := shutil.which(name)) else [])]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found += sorted(pyenv.glob(f"{LAMBDA.python}.*/bin/{name}"), reverse=True)
    versions = [(python, version) for python in found if (version := _version(python))]
    lambdas = [one for one in versions if one[1].startswith(LAMBDA.python + ".")]
    return (lambdas or versions)[0]


def find_runtime() -> Runtime:
    """Return what to run on, with the layer built for it: by pip, as for a deployment."""
    python, version = find_python()
    target = _target(version)
    if target is None:
        python, target = Path(sys.executable), HOST
        version = platform.python_version()
    built = build_layer(target)
    layer = FOLDER / "layers" / f"{built.name}-{version}"
    if not layer.exists():
        shutil.rmtree(FOLDER / "layers", ignore_errors=True)
        # A layer that is built by Lambda's Python has bytecode; this one is compiled by the other Python.
        shutil.copytree(built / "python", layer)
        subprocess.run([python, "-m", "compileall", "-q", layer], check=True, capture_output=True)  # noqa: S603 - our own folder
    return Runtime(python, version, layer)


def bundle(verb: str) -> Path:
    """Return the folder with a function's code, as it is deployed."""
    return build_bundle(verb)


def _target(version: str) -> Target | None:
    """Return for which wheels pip is asked; None where this machine runs no such ones."""
    if version == platform.python_version():
        return HOST
    machine = _MACHINES.get(platform.machine().lower())
    if sys.platform != "linux" or machine is None:
        return None
    tags = ("manylinux_2_28", "manylinux_2_17", "manylinux2014")
    return Target(LAMBDA.python, tuple(f"{tag}_{machine}" for tag in tags))


def _version(python: Path) -> str:
    try:
        run = subprocess.run([python, "-c", _ASKED], capture_output=True, text=True, check=False)  # noqa: S603 - finds an interpreter
    except OSError:
        return ""
    return run.stdout.strip() if run.returncode == 0 else ""
