from __future__ import annotations

from pathlib import Path

import pytest

from postroad.rendering.build import build_templates
from postroad.rendering.compiled import CompiledRenderer
from tools.sample_timelines import PROJECT


@pytest.fixture(scope="session")
def renderer(tmp_path_factory: pytest.TempPathFactory) -> CompiledRenderer:
    target: Path = tmp_path_factory.mktemp("templates") / "compiled"
    build_templates(PROJECT / "templates", target)
    return CompiledRenderer(target)
