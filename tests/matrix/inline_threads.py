"""A pool that has no threads: work is done where it is handed in, so that every run is the same."""

import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Self


class InlineExecutor:
    """Does what ThreadPoolExecutor does, one piece of work after another."""

    def __init__(self, *_: object, **__: object) -> None:
        """Take what a pool is told, and need none of it."""

    def submit(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ANN401  any work
        future: Future[Any] = Future()
        try:
            future.set_result(work(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001  a pool's thread keeps everything, also a crash
            future.set_exception(error)
        return future

    def map(self, work: Callable[..., Any], *many: Iterable[Any]) -> Iterator[Any]:
        return (future.result() for future in [self.submit(work, *each) for each in zip(*many, strict=False)])

    def shutdown(self, **_: object) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


@contextmanager
def without_threads() -> Iterator[None]:
    """Replace the pools of the use cases until the end of the block."""
    modules: list[Any] = [
        module
        for name, module in sys.modules.items()
        if name.startswith("postroad.") and hasattr(module, "ThreadPoolExecutor")
    ]
    for module in modules:
        module.ThreadPoolExecutor = InlineExecutor
    try:
        yield
    finally:
        for module in modules:
            module.ThreadPoolExecutor = ThreadPoolExecutor
