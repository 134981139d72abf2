"""The objects of events in S3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from postroad.evidence.aws_errors import asking
from postroad.evidence.object_keys import PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client

PIECE_BYTES = 256 * 1024
MOST_IN_PAGE = 1_000
"""ListObjectsV2 returns no more keys than this at once."""


class S3EventObjects:
    """`EventObjects` over the bucket of events."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        """Use this low-level client and this bucket."""
        self._client = client
        self._bucket = bucket

    def read(self, key: str) -> Iterator[bytes] | None:
        """Return the object's bytes in pieces of up to 256 KiB; None if there is no such object.

        Reading on raises an EvidenceUnavailableError too.
        """
        with asking("S3"):
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=key)
            except ClientError as error:
                if error.response["Error"]["Code"] == "NoSuchKey":
                    return None
                raise
        return _pieces(answer["Body"])

    def keys(self, *, after: str, limit: int) -> Sequence[str]:
        """Return up to `limit` keys after `after`; those that Firehose could not deliver are no events."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket,
            Prefix=PREFIX,
            StartAfter=after,
            PaginationConfig={"PageSize": min(limit, MOST_IN_PAGE), "MaxItems": limit},
        )
        with asking("S3"):
            return [listed["Key"] for page in pages for listed in page.get("Contents", [])]


def _pieces(body: StreamingBody) -> Iterator[bytes]:
    with asking("S3"):
        yield from body.iter_chunks(PIECE_BYTES)
