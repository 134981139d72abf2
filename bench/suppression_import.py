"""Measures `postroad suppression import`: rows a second, requests, and the command's peak memory.

    python -m bench.suppression_import 1000 10000 100000

The command itself runs in a process of its own, against a stand-in for DynamoDB that answers each request
after a while (5 ms), and no faster than it is told to (`--calls-per-second`): so what is measured is the
command, and not an emulator.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs

ACCOUNT = "123456789012"
TABLE = "suppressions"
Item = dict[str, Any]
_COMMAND = """
import atexit, pathlib, sys
from postroad.cli.entry import run

def note():
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    pathlib.Path("peak").write_text(next(line for line in lines if line.startswith("VmHWM")))

atexit.register(note)
sys.argv[0] = "postroad"
run()
"""
# Linux hands the peak of the process that starts a command down to what getrusage says of the command, and
# this process holds the table: so the kernel is asked for the peak of the command's own memory.


class Table:
    """Items by key, with the conditions that suppressions are written on."""

    def __init__(self) -> None:
        self._items: dict[tuple[str, str], Item] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._items)

    def read(self, keys: list[Item]) -> list[Item]:
        found = (self._items.get((key["pk"]["S"], key["sk"]["S"])) for key in keys)
        return [item for item in found if item is not None]

    def query(self, key: str) -> list[Item]:
        return [item for (first, _), item in list(self._items.items()) if first == key]

    def write(self, puts: list[Item]) -> list[str]:
        """Put all or nothing; return DynamoDB's reason for each put."""
        with self._lock:
            reasons = ["None" if self._allows(put) else "ConditionalCheckFailed" for put in puts]
            if set(reasons) == {"None"}:
                for put in puts:
                    self._items[put["Item"]["pk"]["S"], put["Item"]["sk"]["S"]] = put["Item"]
            return reasons

    def _allows(self, put: Item) -> bool:
        condition = put.get("ConditionExpression")
        standing = self._items.get((put["Item"]["pk"]["S"], put["Item"]["sk"]["S"]))
        if condition == "attribute_not_exists(pk)":
            return standing is None
        if condition == "version = :version":
            wanted = put["ExpressionAttributeValues"][":version"]
            return standing is not None and standing["version"] == wanted
        return True


class Cloud(ThreadingHTTPServer):
    """What the command asks of AWS: STS, CloudFormation, the address secret, and tables as one."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, latency: float, calls_per_second: float) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.table = Table()
        self.calls: Counter[str] = Counter()
        self._latency = latency
        self._gap = 1 / calls_per_second if calls_per_second else 0.0
        self._next = 0.0
        self._lock = Lock()

    def wait(self, operation: str) -> None:
        """Take as long as the network does, and no more calls than allowed."""
        with self._lock:
            self.calls[operation] += 1
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + self._gap
        time.sleep(turn - now + self._latency)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Cloud
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None:
        """Stay silent."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        target = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        operation = target or parse_qs(body.decode())["Action"][0]
        self.server.wait(operation)
        if target:
            status, answer = self._json(target, json.loads(body))
            self._reply(status, "application/x-amz-json-1.0", json.dumps(answer))
        else:
            self._reply(200, "text/xml", _xml(operation, parse_qs(body.decode())))

    def _json(self, target: str, asked: Item) -> tuple[int, Item]:
        table = self.server.table
        match target:
            case "GetSecretValue":
                return 200, {"ARN": asked["SecretId"], "SecretString": "s" * 64}
            case "BatchGetItem":
                asked_of = asked["RequestItems"].items()
                return 200, {"Responses": {name: table.read(each["Keys"]) for name, each in asked_of}}
            case "Query":
                return 200, {"Items": table.query(asked["ExpressionAttributeValues"][":key"]["S"])}
            case "TransactWriteItems":
                reasons = table.write([each["Put"] for each in asked["TransactItems"]])
                if set(reasons) == {"None"}:
                    return 200, {}
                return 400, {
                    "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
                    "message": "Transaction cancelled",
                    "CancellationReasons": [{"Code": reason} for reason in reasons],
                }
            case _:
                return 400, {"__type": "UnknownOperationException", "message": target}

    def _reply(self, status: int, content_type: str, text: str) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _xml(operation: str, asked: dict[str, list[str]]) -> str:
    if operation == "GetCallerIdentity":
        return (
            f"<GetCallerIdentityResponse><GetCallerIdentityResult><Account>{ACCOUNT}</Account>"
            f"<Arn>arn:aws:sts::{ACCOUNT}:assumed-role/operator/bench</Arn><UserId>bench</UserId>"
            "</GetCallerIdentityResult></GetCallerIdentityResponse>"
        )
    outputs = {
        "SuppressionsTable": TABLE,
        "ContactsTable": "contacts",
        "AddressSecretArn": "secret",
        "NewsQueueUrl": "queue",
    }
    members = "".join(
        f"<member><OutputKey>{key}</OutputKey><OutputValue>{value}</OutputValue></member>"
        for key, value in outputs.items()
    )
    return (
        "<DescribeStacksResponse><DescribeStacksResult><Stacks><member>"
        f"<StackName>{asked['StackName'][0]}</StackName><Outputs>{members}</Outputs>"
        "</member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
    )


def measure(cloud: Cloud, file: Path, *options: str, what: str = "suppression") -> dict[str, Any]:
    """Run the command once, and return its own report, its seconds, and its peak memory in MB."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "POSTROAD_"))},
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{cloud.server_address[1]}",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    words = ["--stage", "bench", "--account", ACCOUNT, "--json", what, "import", str(file), "--yes"]
    cloud.calls.clear()
    began = time.monotonic()
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-c", _COMMAND, *words, *options],
        env=environment,
        cwd=file.parent,
        stdout=subprocess.PIPE,
    )
    output = process.stdout.read() if process.stdout else b""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(output.decode())
    return {
        **json.loads(output),
        "whole_seconds": time.monotonic() - began,
        "peak_mb": int(Path(file.parent, "peak").read_text(encoding="utf-8").split()[1]) / 1024,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "calls": dict(cloud.calls),
    }


def write_rows(file: Path, count: int) -> None:
    """Write a list as another sender exports it."""
    with file.open("w", encoding="utf-8") as stream:
        stream.write("email,reason,created_at\n")
        for number in range(count):
            reason = "BOUNCE" if number % 3 else "COMPLAINT"
            stream.write(
                f"customer{number:07d}@example.com,{reason},2026-01-{number % 28 + 1:02d}T10:00:00Z\n"
            )


def main() -> None:
    """Measure each number of rows on an empty table, and then once more on the full one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=int, nargs="*", default=[1_000, 10_000, 100_000])
    parser.add_argument("--latency-ms", type=float, default=5.0)
    parser.add_argument("--calls-per-second", type=float, default=0.0, help="0: as many as come")
    parser.add_argument("--threads", type=int, default=8)
    given = parser.parse_args()
    print("rows | run | added | standing | seconds | rows/s | CPU s | peak MB | calls")
    for count in given.rows:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "list.csv")
            write_rows(file, count)
            cloud = Cloud(given.latency_ms / 1000, given.calls_per_second)
            Thread(target=cloud.serve_forever, daemon=True).start()
            for run in ("first", "again"):
                found = measure(cloud, file, "--threads", str(given.threads))
                calls = {name: found["calls"].get(name, 0) for name in ("BatchGetItem", "TransactWriteItems")}
                seconds, rows = found["seconds"], found["rows"]
                print(
                    f"{count:,} | {run} | {rows['added']:,} | {rows['standing']:,} | {seconds:.1f}"
                    f" | {count / seconds:,.0f} | {found['cpu_seconds']:.1f} | {found['peak_mb']:.0f}"
                    f" | {calls}",
                    flush=True,
                )
            cloud.shutdown()
            cloud.server_close()


if __name__ == "__main__":
    main()
