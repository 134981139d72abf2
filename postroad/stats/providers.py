"""Who runs a mailbox, by the domain of its address. Pure.

A small table of the providers of private mailboxes, not a list of all: whoever has a domain of their own is
`other`, wherever its mail is kept, because that would take a question to DNS for each. Sources:

- Gmail: https://support.google.com/mail/answer/10313 (gmail.com and googlemail.com are one mailbox)
- iCloud: https://support.apple.com/HT201771 (icloud.com, me.com, mac.com), and its relays under
  https://support.apple.com/105078 (privaterelay.appleid.com)
- Microsoft, Yahoo and AOL have a domain in many countries:
  https://www.spamresource.com/2021/09/reference-magy-microsoft-aol-gmail.html
  Yahoo Japan is a company of its own.
"""

from __future__ import annotations

import re

OTHER = "other"
"""Every provider that isn't in the table."""

_DOMAINS = {
    "gmail": ("gmail.com", "googlemail.com"),
    "microsoft": ("msn.com", "windowslive.com", "passport.com", "live.com"),
    "yahoo": ("ymail.com", "rocketmail.com", "aol.com", "aim.com", "myyahoo.com"),
    "yahoo_japan": ("yahoo.co.jp", "ymail.ne.jp", "yahoo.ne.jp"),
    "icloud": ("icloud.com", "me.com", "mac.com", "privaterelay.appleid.com"),
    "gmx": ("gmx.com", "gmx.net", "gmx.de", "gmx.at", "gmx.ch", "web.de", "mail.com"),
    "proton": ("proton.me", "protonmail.com", "protonmail.ch", "pm.me"),
    "qq": ("qq.com", "foxmail.com"),
    "netease": ("163.com", "126.com", "yeah.net"),
    "mail_ru": ("mail.ru", "inbox.ru", "list.ru", "bk.ru"),
    "yandex": ("yandex.ru", "yandex.com", "ya.ru"),
    "naver": ("naver.com",),
}
_BY_DOMAIN = {domain: provider for provider, domains in _DOMAINS.items() for domain in domains}

# These names are the provider's in every country: yahoo.fr, hotmail.co.uk, outlook.com.br.
_IN_EVERY_COUNTRY = {"yahoo": "yahoo", "aol": "yahoo", "hotmail": "microsoft", "outlook": "microsoft"}
_COUNTRY = re.compile(r"(yahoo|aol|hotmail|outlook)\.(?:com|(?:com?\.)?[a-z]{2})", re.ASCII)
# Live is a common word: only where it was handed out.
_LIVE = re.compile(
    r"live\.(?:ca|cl|cn|de|dk|fr|ie|in|it|jp|nl|no|ru|se|co\.uk|com\.(?:ar|au|mx|pt|sg))", re.ASCII
)

PROVIDERS = (*_DOMAINS, OTHER)
"""Every word that `provider_of` returns."""


def provider_of(email: str) -> str:
    """Return the provider of the mailbox that this address names: one of `PROVIDERS`.

    Anything goes in: what isn't an address has the provider `other`.
    """
    domain = email.rpartition("@")[2].strip().lower()
    if known := _BY_DOMAIN.get(domain):
        return known
    if country := _COUNTRY.fullmatch(domain):
        return _IN_EVERY_COUNTRY[country[1]]
    return "microsoft" if _LIVE.fullmatch(domain) else OTHER
