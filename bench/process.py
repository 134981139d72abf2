"""A function in a process of its own: see worker.py."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from bench.deployed import aws_environment
from bench.runtime import FOLDER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.runtime import Runtime

WORKER = Path(__file__).with_name("worker.py")


MOST_SPOILED = 0.2
"""The part of the runs that may leave records unfinished."""


class WorkerError(Exception):
    """The handler raised, or left records unfinished; the text says where its output is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What to run: the folders of our and of third-party code, the handler, and its environment."""

    name: str
    folder: Path
    layer: Path
    module: str
    environment: Mapping[str, str]
    function: str = "lambda_handler"


@dataclass(frozen=True, slots=True)
class Run:
    """One invocation."""

    cpu_ms: float
    wall_ms: float
    records: int
    failed: int


class Worker:
    """One process with the handler loaded. Use it in a `with`."""

    def __init__(self, deployment: Deployment, runtime: Runtime, *, url: str, core: int | None) -> None:
        """Start it and import the handler; AWS is at `url`."""
        self.name = deployment.name
        self._folder = FOLDER / "runs"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._log = self._folder / f"{deployment.name}.log"
        path = os.environ.get("PATH", "")
        with self._log.open("w", encoding="utf-8") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                # -I: nothing of this machine's Python but its standard library. -B: as Lambda's folders can't
                # be written to.
                [runtime.python, "-I", "-B", WORKER],
                env={"PATH": path, **aws_environment(url), **deployment.environment},
                cwd=self._folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self._runs = self._spoiled = 0
        self._say(
            json.dumps(
                {
                    "path": [str(deployment.folder), str(deployment.layer)],
                    "module": deployment.module,
                    "function": deployment.function,
                    "core": core,
                }
            )
        )
        self.imported: dict[str, float] = self._hear()
        self.peak_mb = self.imported["mb"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                with suppress(BrokenPipeError):
                    pipe.close()
        self._process.wait(timeout=30)

    def run(self, events: Sequence[Mapping[str, Any]]) -> list[Run]:
        """Give the handler these events, one after the other.

        On a busy machine a run may stand still for so long that its grant of the rate is over, and records go
        back to their queue, as they should. Such a run is no measure of anything, and is left out. Raises
        WorkerError if that happens more often than now and then.
        """
        file = self._folder / f"{self.name}.json"
        file.write_text(json.dumps(events), "utf-8")
        self._say(str(file))
        answer = self._hear()
        self.peak_mb = answer["mb"]
        runs = [Run(**run) for run in answer["runs"]]
        self._runs += len(runs)
        whole = [run for run in runs if not run.failed]
        self._spoiled += len(runs) - len(whole)
        if self._spoiled > 1 + self._runs * MOST_SPOILED:
            raise WorkerError(f"{self.name} left records unfinished again and again: see {self._log}")
        return whole

    def _say(self, line: str) -> None:
        if self._process.stdin:
            with suppress(BrokenPipeError):
                self._process.stdin.write(line + "\n")
                self._process.stdin.flush()

    def _hear(self) -> Any:  # noqa: ANN401 - JSON
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            self._process.wait(timeout=30)
            raise WorkerError(f"{self.name} ended with an error: see {self._log}")
        return json.loads(line)
