"""Folders that are built once for their inputs: named by a hash of them, complete or not there."""

import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path

# 1980-01-01, the earliest time that a zip file can hold.
FIXED_TIME = 315_532_800
UNUSED_SECONDS = 7 * 24 * 3600


def digest(parts: Iterable[bytes]) -> str:
    """Hash of the parts in their order; where one ends and the next begins counts."""
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8))
        total.update(part)
    return total.hexdigest()[:20]


def build_once(folder: Path, build: Callable[[Path], None]) -> Path:
    """Return `folder`, made by `build` if it isn't there.

    Processes that want the same folder at the same time wait for one another. `build` writes into a folder
    beside it, which gets the name when complete: an interrupted build leaves nothing that looks finished.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Each use touches the lock file, which is how `_forget_unused` knows what still serves.
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.utime(lock.name)
        if not folder.exists():
            beside = folder.with_name(f".building-{folder.name}")
            shutil.rmtree(beside, ignore_errors=True)
            beside.mkdir()
            build(beside)
            _settle(beside)
            beside.rename(folder)
            _forget_unused(folder)
    return folder


def _settle(folder: Path) -> None:
    """Leave only what is the same on every machine and at any time."""
    for path in sorted(folder.rglob("*"), reverse=True):
        path.chmod(0o755 if path.is_dir() else 0o644)
        os.utime(path, (FIXED_TIME, FIXED_TIME))


def _forget_unused(newest: Path) -> None:
    for lock in newest.parent.glob("*.lock"):
        if time.time() - lock.stat().st_mtime > UNUSED_SECONDS:
            shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
            lock.unlink(missing_ok=True)
