"""The key under which an address is known in every table."""

from base64 import urlsafe_b64encode
from hmac import digest

_VERSION = "k1."


def address_key(secret: bytes, canonical: str) -> str:
    """Return "k1." + base64url(HMAC-SHA256(address secret, canonical address)), unpadded: 46 characters.

    `canonical` is `postroad.contract.address.parse_address(text).canonical`. The secret is never rotated:
    with another one every suppression would be lost.
    """
    if not secret:
        raise ValueError(
            "the address secret is empty; read it from the secret that the foundation stack made"
        )
    return _VERSION + urlsafe_b64encode(digest(secret, canonical.encode(), "sha256")).rstrip(b"=").decode()
