"""What code is built for: Lambda, or this machine, whose interpreter runs the local stage's workers."""

import compileall
import sys
from dataclasses import dataclass
from pathlib import Path
from py_compile import PycInvalidationMode

OUR_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


@dataclass(frozen=True, slots=True)
class Target:
    """A Python version and platform tags, or without tags this interpreter."""

    python: str
    platforms: tuple[str, ...] = ()

    @property
    def takes_our_bytecode(self) -> bool:
        """Whether the code is for Lambda and this interpreter's version is Lambda's."""
        return bool(self.platforms) and self.python == OUR_PYTHON

    @property
    def bytecode(self) -> str | None:
        """Name the bytecode that is built for it, if any is: part of what a build depends on."""
        return sys.implementation.cache_tag if self.takes_our_bytecode else None

    @property
    def pip_options(self) -> tuple[str, ...]:
        if not self.platforms:
            return ()
        tags = (f"--platform={tag}" for tag in self.platforms)
        return (*tags, f"--python-version={self.python}", "--implementation=cp")


# Amazon Linux 2023 (glibc 2.34) on Graviton. To pip each tag stands for itself: the older are named as well.
LAMBDA = Target("3.13", ("manylinux_2_28_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64"))
HOST = Target(OUR_PYTHON)


class BytecodeError(Exception):
    """Some module can't be compiled; the text names the folder."""


def add_bytecode(folder: Path, *, mount: str) -> None:
    """Add bytecode, without which a function compiles all that it imports at each cold start: 1 s, not 0.3 s.

    Lambda's folders can't be written to, so Python caches nothing there. `mount` is where this one is then.
    Bytecode belongs to one version of Python: code has it if it was built by that version, and works without
    it otherwise.
    """
    compiled = compileall.compile_dir(
        folder,
        quiet=2,
        stripdir=folder,
        prependdir=mount,
        invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
    )
    if not compiled:
        raise BytecodeError(f"some module of {folder} can't be compiled by Python {OUR_PYTHON}")
