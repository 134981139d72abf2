"""The demo as a person starts it, on a small file of orders: it brings a stack of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from postroad.local.processes import MARK, marked
from postroad.local.state import State

PROJECT = Path(__file__).resolve().parents[2]
CUSTOMERS = [
    {
        "customer_id": "ana",
        "contact_name": "Ana Ruiz",
        "email": "ana.ruiz@example.com",
        "country": "Colombia",
    },
    {"customer_id": "li", "contact_name": "李静", "email": "li.jing@example.com", "country": "China"},
    {
        "customer_id": "max",
        "contact_name": "Max Groß",
        "email": "max@bücher.example.com",
        "country": "Germany",
    },
]
PLACE = {
    "name": "Shop",
    "address": "1 Road",
    "city": "Town",
    "region": None,
    "postal_code": "1",
    "country": "Spain",
}


def order(number: int) -> dict[str, object]:
    return {
        "order_id": f"A-{number}",
        "customer_id": CUSTOMERS[number % len(CUSTOMERS)]["customer_id"],
        "order_date": "2026-11-22",
        "freight": 3.2,
        "ship_to": PLACE,
        "lines": [{"product": "Rye bread mix", "quantity": number + 1, "unit_price": 14.0, "discount": 0.15}],
    }


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    for name, rows in (("orders", [order(number) for number in range(24)]), ("customers", CUSTOMERS)):
        text = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)
        (tmp_path / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return [
        *(sys.executable, "-m", "postroad.local.demo"),
        *("--orders", str(tmp_path / "orders.jsonl"), "--customers", str(tmp_path / "customers.jsonl")),
        *("--folder", str(tmp_path / "stack"), "--result", str(tmp_path / "demo.json")),
    ]


def start(command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own program
        command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def test_every_order_is_confirmed_once_and_accounted_for(command: list[str], tmp_path: Path) -> None:
    with start(command) as demo:
        told, _ = demo.communicate(timeout=500)

    assert demo.returncode == 0, told
    result = json.loads((tmp_path / "demo.json").read_text(encoding="utf-8"))
    walked = result.pop("journeys")
    assert walked.pop("seconds") > 0
    assert walked.pop("stops") > 0
    assert walked == {
        "customers": 3,
        "events": 6,
        "mails": {"cart_last_reminder": 1, "cart_reminder": 1, "order_check_in": 2},
        "ended_by_purchase": 1,
        "days": 4,
    }
    assert set(result.pop("seconds")) == {"deploy", "enqueue", "drain"}
    assert result == {
        "enqueued": 24,
        "by_status": {"delivered": 18, "bounced": 4, "complained": 2},
        "suppressed": 6,
        "resent_to_suppressed": {"by_status": {"suppressed": 6}},
        "duplicates": 0,
    }
    for line in (
        "24 of 24 have a final status",
        "hard_bounce",
        "make up",
        "The inbox was at http://127.0.0.1:",
    ):
        assert line in told, told
    assert left_in(tmp_path / "stack") == ["lock", "logs"]


def test_bad_orders_are_told_before_anything_starts(command: list[str], tmp_path: Path) -> None:
    with (tmp_path / "orders.jsonl").open("a", encoding="utf-8") as orders:
        orders.write(json.dumps({**order(99), "freight": "much"}) + "\n")

    with start(command) as demo:
        told, _ = demo.communicate(timeout=60)

    assert demo.returncode == 2
    assert "orders.jsonl: line 25: freight" in told
    assert not (tmp_path / "stack").exists()
    assert not (tmp_path / "demo.json").exists()


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_being_stopped_leaves_nothing_running(
    command: list[str], tmp_path: Path, asked: signal.Signals
) -> None:
    with start(command) as demo:
        state = wait_for_deploy(tmp_path / "stack")
        os.kill(demo.pid, asked)
        told, _ = demo.communicate(timeout=60)

    assert demo.returncode == 128 + asked, told
    assert list(marked(state.mark)) == [], f"found by {MARK}"
    assert left_in(tmp_path / "stack") == ["lock", "logs"]


def wait_for_deploy(folder: Path) -> State:
    end = time.monotonic() + 90
    while time.monotonic() < end:
        state = State.load(folder)
        if state is not None and any(process.name == "bootstrap" for process in state.processes):
            return state
        time.sleep(0.05)
    raise AssertionError("the demo did not come to its deployment")


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name not in {"cdk.out", "cache"})
