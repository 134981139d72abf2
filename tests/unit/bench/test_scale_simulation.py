"""The simulation behind docs/explanation/scale.md: its time, its stage, its picture."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bench.blocks import block
from bench.scale import BLOCK, PAGE, PICTURE, SECONDS, Simulated, simulate
from bench.scale_plot import DARK, LIGHT, draw
from bench.virtual_time import VirtualTime

pytestmark = pytest.mark.slow


def test_processes_sleep_side_by_side_and_wake_in_order() -> None:
    time, seen = VirtualTime(), list[tuple[str, float]]()

    def process(name: str, pause: float) -> None:
        while True:
            time.sleep(pause)
            seen.append((name, time.seconds))

    time.start(lambda: process("slow", 2))
    time.start(lambda: process("fast", 1), at=0.5)
    time.run(4)
    assert seen == [("fast", 1.5), ("slow", 2), ("fast", 2.5), ("fast", 3.5), ("slow", 4)]
    assert time.seconds == 4


@pytest.mark.parametrize("rate", [14, 100, 1_000])
def test_a_backlog_uses_the_rate_and_exceeds_it_never(rate: int) -> None:
    simulated = simulate(rate, 40)
    assert simulated.seen.throttled == 0
    assert simulated.used >= 0.95
    assert simulated.delays[1] < 3


def test_a_simulation_ends_the_same_each_time() -> None:
    first, again = simulate(100, 20), simulate(100, 20)
    assert first.seen == again.seen


def test_the_page_tells_of_every_rate_and_shows_the_picture() -> None:
    text = PAGE.read_text(encoding="utf-8")
    rows = block(text, BLOCK)
    assert re.findall(r"^\| ([\d,]+) \|", rows, re.MULTILINE) == [f"{rate:,}" for rate in SECONDS]
    assert f"](../images/{PICTURE.name})" in text


def test_the_picture_speaks_and_follows_the_page_s_colours() -> None:
    root = ET.fromstring(PICTURE.read_text(encoding="utf-8"))  # noqa: S314 - our own file
    names = [child.tag.rpartition("}")[2] for child in root][:3]
    assert names == ["title", "desc", "style"]
    assert "prefers-color-scheme: dark" in (root[2].text or "")
    assert not set(LIGHT) & set(re.findall(r"#[0-9a-f]{6}", PICTURE.read_text(encoding="utf-8")))
    assert set(LIGHT) == set(DARK)


def test_the_picture_is_drawn_of_what_was_simulated(tmp_path: Path) -> None:
    file = tmp_path / "scale.svg"
    simulated: list[Simulated] = [simulate(rate, 20) for rate in (14, 20, 50, 70, 100)]
    draw(simulated, file)
    drawn = file.read_text(encoding="utf-8")
    assert all(f">{one.rate:,}/s<" in drawn for one in simulated)
