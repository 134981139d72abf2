"""Stop early, in words, when the interpreter is too old to run Postroad."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  this is where an older one is told so
    found = sys.version.split()[0]
    sys.exit(f"Postroad needs Python 3.11 or later, this is {found}: say make PYTHON=python3.12 …")
