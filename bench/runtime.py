"""What the functions run on: Lambda's Python where this machine has it, layers for it, and the bundles.

A deployment from Lambda's version of Python has bytecode in the layer and in the bundles; one from another
version has none, and starts slower. Whichever version builds here, what is measured has bytecode.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stacks.bundling import HOST, LAMBDA, Target, build_bundle, build_layer
from stacks.bundling.layer import clean_environment
from stacks.bundling.once import build_once, digest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "build" / "bench"
LOCK = ROOT / "requirements" / "runtime.txt"
_ASKED = "import sys; print('%d.%d.%d' % sys.version_info[:3])"
_MACHINES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}
_PIP = ("-I", "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check")
_WHEELS = ("--require-hashes", "--no-deps", "--only-binary=:all:", "--no-compile")


class BuildError(Exception):
    """pip or the compiler failed; the text says how."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """An interpreter with its version, and folders of third-party code for it.

    `layer` is the one that is deployed; `whole` holds the same packages as pip installs them, which is what a
    tutorial deploys.
    """

    python: Path
    version: str
    layer: Path
    whole: Path

    @property
    def is_lambdas(self) -> bool:
        """Whether this is the version that functions are deployed on."""
        return self.version.startswith(LAMBDA.python + ".")

    def bundle(self, verb: str) -> Path:
        """Return the folder with a function's code, as it is deployed."""
        built = build_bundle(verb)
        return self._compiled(f"{verb}-{built.name}", lambda folder: _copy(built, folder))

    def naive(self, folder: Path) -> Path:
        """Return a folder from which `bench.naive` can be imported; `folder` is where it lies."""
        files = sorted(folder.glob("naive*.py"))

        def copy(target: Path) -> None:
            (target / folder.name).mkdir(parents=True)
            for file in files:
                shutil.copyfile(file, target / folder.name / file.name)

        return self._compiled(f"naive-{digest(file.read_bytes() for file in files)}", copy)

    def _compiled(self, name: str, fill: Callable[[Path], None]) -> Path:
        return _with_bytecode(name, self.python, self.version, fill)


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
    """Return what to run on, with what is installed for it: by pip, as for a deployment."""
    python, version = find_python()
    target = _target(version)
    if target is None:
        python, version, target = Path(sys.executable), platform.python_version(), HOST
    built = build_layer(target)
    layer = _with_bytecode(
        f"layer-{built.name}", python, version, lambda folder: _copy(built / "python", folder)
    )
    name = f"whole-{digest((LOCK.read_bytes(), ' '.join(target.pip_options).encode()))}"
    whole = _with_bytecode(name, python, version, lambda folder: _install(target, folder))
    return Runtime(python, version, layer, whole)


def _with_bytecode(name: str, python: Path, version: str, fill: Callable[[Path], None]) -> Path:
    """Return a folder that `fill` fills, with bytecode for this interpreter."""

    def build(folder: Path) -> None:
        fill(folder)
        _run([python, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", folder])

    return build_once(FOLDER / "code" / f"{name}-{version}", build)


def _copy(source: Path, folder: Path) -> None:
    shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))


def _install(target: Target, folder: Path) -> None:
    _run([sys.executable, *_PIP, *_WHEELS, *target.pip_options, "--requirement", LOCK, "--target", folder])


def _run(command: Sequence[str | Path]) -> None:
    environment = clean_environment(os.environ, ROOT)
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    if run.returncode != 0:
        raise BuildError(f"can't build what the bench runs:\n{run.stderr or run.stdout}")


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
