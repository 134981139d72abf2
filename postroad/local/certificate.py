"""The certificate that emulated cloud and simulator show: new at each start, trusted by nobody else."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from postroad.local.errors import LocalCloudError

_DAYS = "30"


@dataclass(frozen=True, slots=True)
class Certificate:
    """A self-signed certificate and its key, both PEM files."""

    certificate: Path
    key: Path


def make_certificate(folder: Path) -> Certificate:
    """Write `certificate.pem` and `key.pem` (readable by the owner alone) for localhost and 127.0.0.1."""
    made = Certificate(certificate=folder / "certificate.pem", key=folder / "key.pem")
    made.key.unlink(missing_ok=True)
    made.key.touch(mode=0o600)
    command = [
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
        *("-keyout", str(made.key), "-out", str(made.certificate), "-days", _DAYS),
        *("-subj", "/CN=localhost/O=Postroad on this machine"),
        *("-addext", "basicConstraints=critical,CA:FALSE"),
        *("-addext", "keyUsage=critical,digitalSignature"),
        *("-addext", "extendedKeyUsage=serverAuth"),
        *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  fixed words and our own paths
    except FileNotFoundError as error:
        raise LocalCloudError(
            "The command `openssl` is missing.", "Install it (package openssl), then repeat the command."
        ) from error
    if done.returncode != 0:
        raise LocalCloudError(f"openssl could not make a certificate: {done.stderr.strip()}")
    made.key.chmod(0o600)
    return made
