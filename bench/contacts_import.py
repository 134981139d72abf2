"""Measures `postroad contact import`: rows a second, requests, and the command's peak memory.

    python -m bench.contacts_import 1000 10000 100000

As `bench.suppression_import` does, against the same stand-in for DynamoDB, which answers each request after
5 ms. Each row has a name, a locale, two attributes and a topic: a contact is two items of a transaction.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from bench.suppression_import import Cloud, measure

if TYPE_CHECKING:
    from collections.abc import Sequence

TOPICS = Path(__file__).parents[1] / "config" / "topics.toml"
SIZES = (10_000, 100_000)
LATENCY = 0.005
RUNS = ("first", "again")


def measure_contacts(sizes: Sequence[int] = SIZES) -> dict[str, Any]:
    """Return rows a second of the largest list, and the peak memory of each, on empty tables."""
    found = {size: import_once(size)["first"] for size in sizes}
    largest = max(sizes)
    return {
        "import_rows_per_second": round(largest / found[largest]["seconds"]),
        "import_peak_mb": {str(size): round(each["peak_mb"], 1) for size, each in found.items()},
    }


def import_once(size: int, *options: str) -> dict[str, dict[str, Any]]:
    """Import a list into empty tables, and then once more into the full ones."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "list.csv")
        write_rows(file, size)
        Path(folder, "config").mkdir()
        shutil.copyfile(TOPICS, Path(folder, "config", TOPICS.name))
        cloud = Cloud(LATENCY, 0.0)
        Thread(target=cloud.serve_forever, daemon=True).start()
        try:
            found = {run: measure(cloud, file, *options, what="contact") for run in RUNS}
        finally:
            cloud.shutdown()
            cloud.server_close()
    expected = {"first": "added", "again": "unchanged"}
    for run, each in found.items():
        if each["rows"][expected[run]] != size:
            raise SystemExit(f"{run}: expected {size:,} {expected[run]}, got {json.dumps(each['rows'])}")
    return found


def write_rows(file: Path, count: int) -> None:
    """Write a list as a shop's database gives it."""
    with file.open("w", encoding="utf-8") as stream:
        stream.write("email,name,locale,topics,attributes.orders,attributes.city\n")
        for number in range(count):
            stream.write(
                f"customer{number:07d}@example.com,Customer {number},es-CO,product_updates,{number % 40},"
                "Bogotá\n"
            )


def main() -> None:
    """Measure each number of rows on an empty table, and then once more on the full one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=int, nargs="*", default=[1_000, 10_000, 100_000])
    parser.add_argument("--threads", type=int, default=8)
    given = parser.parse_args()
    print("rows | run | added | unchanged | seconds | rows/s | CPU s | peak MB | calls")
    for count in given.rows:
        for run, found in import_once(count, "--threads", str(given.threads)).items():
            calls = {name: found["calls"].get(name, 0) for name in ("BatchGetItem", "TransactWriteItems")}
            seconds, rows = found["seconds"], found["rows"]
            print(
                f"{count:,} | {run} | {rows['added']:,} | {rows['unchanged']:,} | {seconds:.1f}"
                f" | {count / seconds:,.0f} | {found['cpu_seconds']:.1f} | {found['peak_mb']:.0f} | {calls}",
                flush=True,
            )


if __name__ == "__main__":
    main()
