"""The link by which a recipient leaves, and the headers that let a mail program do it. Pure.

RFC 2369 has the first header, RFC 8058 the second: "List-Unsubscribe=One-Click" is what the mail program
then POSTs to the link. Gmail, Yahoo and Microsoft ask bulk senders for both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from postroad.web.requests import MESSAGE_PARAMETER, link
from postroad.web.token import Grant, KeyRing, Purpose, make_token

if TYPE_CHECKING:
    from collections.abc import Callable

    from postroad.rendering.ports import Rendered

UNSUBSCRIBE_URL = "unsubscribe_url"
PREFERENCES_URL = "preferences_url"
"""Under these names templates find the links among their data."""

# Up to the next bracket of either kind, so that what is never closed is read once.
_ANCHOR = re.compile(r"<a\s[^<>]*>", re.IGNORECASE)
_NO_TRACK = "ses:no-track"

LONGEST_VALUE = 980
"""Of a header, in characters: with its name on one line, which takes 998 (RFC 5322, 2.1.1), unfolded."""
# What RFC 6068 leaves as it is.
_IN_LOCAL_PARTS = "!$'*+-._~"

LABELS = {
    "en": "Stop getting mails like this",
    "es": "Dejar de recibir estos correos",
    "nl": "Afmelden voor deze mails",
    "zh": "退订此类邮件",
}
PREFERENCES_LABELS = {
    "en": "Mail preferences",
    "es": "Preferencias de correo",
    "nl": "Mailvoorkeuren",
    "zh": "邮件偏好设置",
}
"""As templates/_base/locales have it, by language, for mails whose own texts don't show the links."""


@dataclass(frozen=True, slots=True)
class LeavingLinks:
    """Makes links for the pages at `web_url`, signed by the ring's current key.

    `ring` may be what returns the ring that stands.
    """

    ring: KeyRing | Callable[[], KeyRing]
    web_url: str

    def link(self, address_key: str, topic: str, message_id: str = "") -> str:
        """Return the link by which whoever has this address leaves this topic.

        It names the mail that it stands in, so that the mail's row tells that somebody left by it. The name
        proves nothing: the token does.
        """
        return self._made(Grant(address_key, topic, Purpose.UNSUBSCRIBE), message_id)

    def preferences(self, address_key: str, topic: str, message_id: str = "") -> str:
        """Return the link by which whoever has this address chooses what they get. It names its mail, too."""
        return self._made(Grant(address_key, topic, Purpose.PREFERENCES), message_id)

    def _made(self, grant: Grant, message_id: str) -> str:
        mail = f"?{MESSAGE_PARAMETER}={message_id}" if message_id else ""
        return link(self.web_url, grant.purpose, make_token(self._ring, grant)) + mail

    @property
    def _ring(self) -> KeyRing:
        return self.ring if isinstance(self.ring, KeyRing) else self.ring()


def list_headers(link: str, mailbox: str = "") -> dict[str, str]:
    """Return the headers of a mail whose recipient can leave by this link, or by a mail to `mailbox`.

    The link comes first: of several ways a mail program takes the first that it knows (RFC 2369, 2), and the
    one click is for the link alone (RFC 8058, 3.1).
    """
    found = f"<{link}>"
    if mailbox and len(both := f"{found}, <{_mailto(mailbox, link)}>") <= LONGEST_VALUE:
        found = both
    return {
        "List-Unsubscribe": found,
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def _mailto(mailbox: str, link: str) -> str:
    """Return the address of a mail by which somebody asks to leave (RFC 6068).

    Its subject ends in the link's token: whoever reads it needs neither search nor ask, and it holds no
    address, so that nobody is made to leave by whoever knows theirs.
    """
    local_part, _, domain = mailbox.rpartition("@")
    token = link.partition("?")[0].rpartition("/")[2]
    return (
        f"mailto:{quote(local_part, safe=_IN_LOCAL_PARTS)}@{domain}?subject={quote(f'unsubscribe {token}')}"
    )


def showing(rendered: Rendered, link: str, preferences: str) -> Rendered:
    """Return the mail with the links by which its reader leaves and chooses, where they are seen.

    A template shows them itself, as its data's `unsubscribe_url` and `preferences_url`. Where it doesn't show
    the first, or the producer wrote the mail, both stand at the end of each part.
    """
    language = rendered.locale.replace("_", "-").partition("-")[0].lower()
    label = LABELS.get(language, LABELS["en"])
    choosing = PREFERENCES_LABELS.get(language, PREFERENCES_LABELS["en"])
    text, html = rendered.text, rendered.html
    if text and link not in text:
        text = f"{text.rstrip()}\n\n{label}: {link}\n{choosing}: {preferences}\n"
    if html is not None and link not in html:
        # The attribute keeps SES from rewriting them into links that count clicks.
        shown = (
            f'<p style="font-size: 13px"><a ses:no-track href="{link}">{label}</a> · '
            f'<a ses:no-track href="{preferences}">{choosing}</a></p>'
        )
        before, end, after = html.rpartition("</body>")
        html = f"{before}{shown}{end}{after}" if end else f"{html}{shown}"
    return replace(rendered, text=text, html=html and _untracked(html, link, preferences))


def _untracked(html: str, *links: str) -> str:
    """Mark a template's own links to our pages: SES leaves an <a> with `ses:no-track` as it is.

    https://docs.aws.amazon.com/ses/latest/dg/faqs-metrics.html. Else who leaves would be one who clicked, and
    SES's events would hold the link, with which whoever reads them could leave.
    """

    def mark(anchor: re.Match[str]) -> str:
        tag = anchor[0]
        if _NO_TRACK in tag.lower() or not any(link in tag for link in links):
            return tag
        return f"{tag[:2]} {_NO_TRACK}{tag[2:]}"

    return _ANCHOR.sub(mark, html)
