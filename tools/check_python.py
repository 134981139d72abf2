"""Stop early, in words, when the interpreter is too old to run Postroad."""

import sys

if sys.version_info < (3, 11):
    sys.exit(f"Postroad needs Python 3.11 or later, this is {sys.version.split()[0]}: make PYTHON=python3.12 ...")
