"""How many different links of a mail SES tracks. Pure.

SES rewrites http and https links of the HTML part, and leaves alone those whose tag carries `ses:no-track`
(https://docs.aws.amazon.com/ses/latest/dg/faqs-metrics.html). Feedback measures by this number whether
somebody clicked nearly all of them.
"""

import re

# Up to the next bracket of either kind, so that what is never closed is read once.
_ANCHOR = re.compile(r"<a\s[^<>]*>", re.IGNORECASE)
_WEB = re.compile(r"""\shref\s*=\s*["']?(https?://[^"'\s>]+)""", re.IGNORECASE)
_NO_TRACK = "ses:no-track"


def tracked_links(html: str | None) -> int:
    """Return how many different addresses the links of this part lead to; 0 where there is none."""
    if html is None:
        return 0
    found = set()
    for anchor in _ANCHOR.findall(html):
        link = _WEB.search(anchor)
        if link is not None and _NO_TRACK not in anchor.lower():
            found.add(link[1])
    return len(found)
