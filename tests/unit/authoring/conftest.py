import shutil
from pathlib import Path

import pytest

from postroad.authoring.project import Project

ROOT = Path(__file__).parents[3]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A small project: the base, one mail, the brand, and a folder for golden files."""
    root = tmp_path / "shop"
    for folder in ("_base", "order_confirmation"):
        shutil.copytree(ROOT / "templates" / folder, root / "templates" / folder)
    (root / "config").mkdir()
    shutil.copyfile(
        ROOT / "tests" / "unit" / "rendering" / "sample_brand.toml", root / "config" / "brand.toml"
    )
    made = Project(root)
    made.golden.mkdir(parents=True)
    return made
