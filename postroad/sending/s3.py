"""Attachments from S3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from postroad.sending.errors import (
    AttachmentMissingError,
    AttachmentTooLargeError,
    AttachmentUnavailableError,
)
from postroad.sending.mail import File

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from postroad.contract.message import Attachment

MISSING = frozenset({"NoSuchKey", "NoSuchBucket", "404"})


class S3Attachments:
    """`Attachments` over S3. The contract's rules have already said from which buckets."""

    def __init__(self, client: S3Client) -> None:
        """Use this client; without s3:ListBucket a missing object looks like a forbidden one."""
        self._client = client

    def fetch(self, attachment: Attachment, *, most_bytes: int) -> File:
        """Return the file; an object that is too large is not read."""
        try:
            found = self._client.get_object(Bucket=attachment.bucket, Key=attachment.key)
            if found["ContentLength"] > most_bytes:
                found["Body"].close()
                raise AttachmentTooLargeError(
                    "the attachments together are larger than this stage allows: send a link instead"
                )
            content = found["Body"].read()
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in MISSING:
                raise AttachmentMissingError(
                    "there is no such object: upload it before the message is enqueued"
                ) from error
            raise AttachmentUnavailableError(f"S3 refused: {code}") from error
        except BotoCoreError as error:
            raise AttachmentUnavailableError(f"S3 didn't answer: {type(error).__name__}") from error
        return File(filename=attachment.filename, content_type=attachment.content_type, content=content)
