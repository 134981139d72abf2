"""What a browser may do with a page: its Content-Security-Policy. Pure. https://www.w3.org/TR/CSP3/."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable


def content_security_policy(*, styles: str, scripts: Iterable[str], images: str) -> str:
    """Return the policy: these styles and scripts, the brand's image, forms to the page itself, no more.

    `images` is the image's URL, or "" where there is none.
    """
    own = " ".join(_hash(script) for script in scripts)
    parts = urlsplit(images)
    directives = {
        "default-src": "'none'",
        "style-src": _hash(styles),
        "script-src": own or "'none'",
        "img-src": f"{parts.scheme}://{parts.netloc}" if images else "'none'",
        "connect-src": "'self'" if own else "'none'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def _hash(content: str) -> str:
    return f"'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'"
