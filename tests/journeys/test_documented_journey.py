"""The journey that the how-to writes, piece by piece, is one that a stage would take."""

from __future__ import annotations

from postroad.configuration import load
from postroad.journey_files.compiling import compile_journey
from postroad.journey_files.definition import STEPS
from postroad.journey_files.world import world_of
from tests.documented import blocks
from tools.sample_timelines import CONFIG, PROJECT

PAGE = PROJECT / "docs" / "how-to" / "write-a-journey.md"


def test_the_journey_of_the_how_to_compiles_and_shows_every_kind_of_step() -> None:
    text = "".join(block.text + "\n" for block in blocks(PAGE, "yaml"))
    world = world_of(load("local", CONFIG), config=CONFIG, templates=PROJECT / "templates")
    found = compile_journey(text, name="shown", file="shown.yaml", world=world)
    assert {type(step).__name__ for step in found.steps} == {
        "Send", "Wait", "WaitFor", "Branch", "Split", "Set", "Notify", "Exit",
    }  # fmt: skip
    assert all(f"`{kind}`" in PAGE.read_text("utf-8") for kind in STEPS)
