"""Files for downloading: saved under a safe name, never shown in place. Pure."""

import re
from urllib.parse import quote

_UNSAFE = re.compile(r"[^A-Za-z0-9._ -]")
_FOLDERS = re.compile(r"[/\\]")
LONGEST_NAME = 150
DOWNLOAD_POLICY = "default-src 'none'; sandbox"


def download_headers(name: str) -> dict[str, str]:
    """Return the headers with which a browser saves a file under this name and renders nothing.

    The name is a stranger's: RFC 6266 has it twice, in ASCII and percent-encoded (RFC 8187), so that neither
    a quote nor a line break of it reaches the header.
    """
    cleaned = "".join(each for each in _FOLDERS.sub("_", name) if each.isprintable()).strip(" .")
    whole = cleaned[:LONGEST_NAME] or "attachment"
    plain = _UNSAFE.sub("_", whole)
    encoded = quote(whole.encode("utf-8", "replace"), safe="")
    return {
        "content-disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}",
        "content-security-policy": DOWNLOAD_POLICY,
    }
