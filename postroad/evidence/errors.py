"""How the evidence can fail to be read or written."""

from postroad.errors import TransientError


class EvidenceUnavailableError(TransientError):
    """DynamoDB, S3 or SQS can't be asked about the evidence now; repeating is safe."""
