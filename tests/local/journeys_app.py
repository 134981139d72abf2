"""The CDK application of a copy of the project: this code, with the copy's configuration and journeys."""

from __future__ import annotations

import sys
from pathlib import Path

from stacks import application

if __name__ == "__main__":
    application.CONFIGURATION = Path(sys.argv[1], "config")
    application.make_app().synth()
