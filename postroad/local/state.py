"""What runs on this machine, written down: `state.json` in the state folder."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Self

import msgspec

from postroad.local.defaults import CLOCK, DEFAULT_FOLDER
from postroad.local.errors import LocalCloudError
from postroad.local.processes import Process, is_alive

_FORMAT = 1
_PORTS = frozenset({"cloud", "simulator", "inbox"})


class _Written(msgspec.Struct, frozen=True):
    """What `state.json` must hold; the fields are those of State."""

    mark: str
    region: str
    access_key_id: str
    secret_access_key: str
    ports: dict[str, int]
    processes: tuple[Process, ...]
    seconds: dict[str, float]
    ready: bool


@dataclass(frozen=True, slots=True)
class State:
    """One local stack. `mark` names it in its children's environment; `ready` once it has been deployed."""

    folder: Path
    mark: str
    region: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    ports: Mapping[str, int] = field(default_factory=dict)  # cloud, simulator, inbox
    processes: tuple[Process, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)  # start, bootstrap, deploy
    ready: bool = False

    @property
    def endpoint(self) -> str:
        """The emulated cloud's address."""
        return f"https://localhost:{self.ports['cloud']}"

    @property
    def simulator(self) -> str:
        """The address of the SES simulator in front of it, for the deployed functions."""
        return f"https://localhost:{self.ports['simulator']}"

    @property
    def inbox(self) -> str:
        """The inbox page's address, and its JSON under `/api`."""
        return f"http://127.0.0.1:{self.ports['inbox']}"

    @property
    def certificate(self) -> Path:
        """The certificate that both HTTPS servers show."""
        return self.folder / "certificate.pem"

    @property
    def key(self) -> Path:
        """That certificate's key."""
        return self.folder / "key.pem"

    @property
    def clock(self) -> Path:
        """What holds by how many seconds the stack lives ahead of this machine; absent where it doesn't."""
        return self.folder / CLOCK

    @property
    def logs(self) -> Path:
        """Where each process writes its log."""
        return self.folder / "logs"

    def alive(self) -> bool:
        """Return whether every process of the running stack still runs."""
        return bool(self.processes) and all(is_alive(process) for process in self.processes)

    def with_process(self, process: Process) -> Self:
        """Return the state with one process more."""
        return replace(self, processes=(*self.processes, process))

    def save(self) -> None:
        """Write `state.json`, readable by the owner alone since it holds the credentials."""
        content = {
            "format": _FORMAT,
            **{key: value for key, value in asdict(self).items() if key != "folder"},
            "endpoint": self.endpoint,
            "simulator": self.simulator,
            "inbox": self.inbox,
            "certificate": str(self.certificate),
        }
        new = self.folder / "state.json.new"
        new.unlink(missing_ok=True)
        new.touch(mode=0o600)
        new.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        os.replace(new, self.folder / "state.json")  # noqa: PTH105  the atomic move, by its name

    @classmethod
    def load(cls, folder: Path = DEFAULT_FOLDER) -> Self | None:
        """Return the stack that was written down in `folder`, or None where there is none."""
        path = folder.absolute() / "state.json"
        remedy = f"If nothing of it runs, remove {path}; then start anew with `postroad local up`."
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise LocalCloudError(f"{path} can't be read: {error}", remedy) from error
        if not isinstance(content, dict):
            raise LocalCloudError(f"{path} can't be read: it holds no object", remedy)
        if content.get("format") != _FORMAT:
            raise LocalCloudError(
                f"{path} was written by another version of Postroad",
                "Stop its stack with that version: `postroad local down`.",
            )
        try:
            written = msgspec.convert(content, _Written)
        except msgspec.ValidationError as error:
            raise LocalCloudError(f"{path} can't be read: {error}", remedy) from error
        if missing := _PORTS - written.ports.keys():
            raise LocalCloudError(f"{path} can't be read: no port of {', '.join(sorted(missing))}", remedy)
        return cls(folder=folder.absolute(), **msgspec.structs.asdict(written))
