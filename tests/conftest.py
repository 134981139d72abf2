import os

import pytest
from hypothesis import settings

# The same examples in every run of the continuous integration, fresh ones at every other desk: what a
# random example finds there is mended before it lands, and no landing fails by chance. A slow example is no
# failure: machines are noisy.
settings.register_profile("postroad", derandomize="CI" in os.environ, deadline=None)
settings.load_profile("postroad")

# Nothing of this machine's AWS set-up may leak into a test, or a test into a real account.
for name in [name for name in os.environ if name.startswith(("AWS_", "POSTROAD_"))]:
    del os.environ[name]
os.environ.update(
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",
    AWS_DEFAULT_REGION="us-east-1",
    AWS_EC2_METADATA_DISABLED="true",
    POWERTOOLS_METRICS_DISABLED="false",
)


@pytest.fixture(autouse=True)
def _no_metadata(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep each test's changes of the environment to itself."""
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
