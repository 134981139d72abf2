"""Files of this machine, put where `send` of a stream may read them."""

from __future__ import annotations

import mimetypes
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from postroad.cli.problem import ExitCode, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mypy_boto3_s3 import S3Client

    from postroad.cli.composing import LocalFile

UNKNOWN_TYPE = "application/octet-stream"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_MARK = 16
"""Hexadecimal digits of the content's hash."""
_LONGEST = 100
"""Characters of a name in a key; the extension is at its end."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file with the key that it gets in Postroad's attachments bucket."""

    path: Path
    filename: str
    content_type: str
    key: str
    content: bytes

    def attachment(self, bucket: str) -> dict[str, str]:
        """Return what the message says of it."""
        return {"filename": self.filename, "content_type": self.content_type, "s3": f"{bucket}/{self.key}"}


def read_files(files: Sequence[LocalFile], *, stream: str, most_bytes: int) -> list[Upload]:
    """Read the files; raises Problem if one can't be read, or if they are too large together.

    A key ends in the file's own name and holds a hash of its content: the same file has the same key, so that
    a command that is repeated enqueues the same message.
    """
    total = 0
    uploads: list[Upload] = []
    for file in files:
        try:
            with file.path.open("rb") as opened:
                # A pipe or a device doesn't say how much it holds: so no more is read than may be.
                content = opened.read(most_bytes - total + 1)
        except OSError as error:
            raise Problem(
                f"{file.path} can't be read: {error.strerror}.", "Name a file.", ExitCode.USAGE
            ) from error
        total += len(content)
        if total > most_bytes:
            raise Problem(
                f"With {file.path} the attachments have more than {most_bytes:,} bytes together.",
                "Attach less, or send a link instead; attachments.max_bytes sets the most.",
                ExitCode.REFUSED,
            )
        uploads.append(_upload(file, content, stream))
    return uploads


def put_files(s3: S3Client, bucket: str, uploads: Sequence[Upload]) -> None:
    """Put the files into the bucket; one that is there already is written again, the same."""
    for upload in uploads:
        s3.put_object(Bucket=bucket, Key=upload.key, Body=upload.content, ContentType=upload.content_type)


def _upload(file: LocalFile, content: bytes, stream: str) -> Upload:
    from postroad.contract.rules import own_prefix  # noqa: PLC0415 - msgspec; see open_stage

    guessed, encoding = mimetypes.guess_type(file.filename)
    mark = sha256(content).hexdigest()[:_MARK]
    return Upload(
        path=file.path,
        filename=file.filename,
        # What is compressed is no longer of the type within.
        content_type=guessed if guessed and encoding is None else UNKNOWN_TYPE,
        key=f"{own_prefix(stream)}command-line/{mark}/{safe_name(file.filename)}",
        content=content,
    )


def safe_name(filename: str) -> str:
    """Return a name that is plain in S3, in an address and in a shell; its extension stays."""
    name = _UNSAFE.sub("-", filename).strip("-.")
    return name[-_LONGEST:].lstrip("-.") or "file"
