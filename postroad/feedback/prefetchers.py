"""Machines that open mail, or its links, and say so by their user agent. Pure.

Proxies that fetch a picture because somebody opens the mail (Gmail's `GoogleImageProxy`, `YahooMailProxy`)
aren't among them: what they fetch was opened.
"""

# Apple's Mail Privacy Protection fetches pictures when mail arrives, and says no more than this.
_APPLE = "Mozilla/5.0"
# So does Gmail, for whoever is signed in at that moment:
# https://www.sparkpost.com/blog/gmail-prefetching-images/
_GMAIL = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0"
)
_PARTS = (
    # What chats and portals look behind a link with, to show a picture of it.
    "bingpreview",
    "skypeuripreview",
    "slackbot",
    "facebookexternalhit",
    "twitterbot",
    "linkedinbot",
    "telegrambot",
    "discordbot",
    "googlebot",
    "whatsapp/",
    # Gateways that give their name, and programs that nobody reads mail with.
    "barracuda",
    "mimecast",
    "proofpoint",
    "headlesschrome",
    "python-requests",
    "python-urllib",
    "go-http-client",
    "okhttp/",
    "apache-httpclient",
    "libwww-perl",
    "curl/",
    "wget/",
)


def is_prefetcher(user_agent: str) -> bool:
    """Say whether this user agent is a machine's. An empty one tells nothing."""
    agent = user_agent.strip()
    return agent in {_APPLE, _GMAIL} or any(part in agent.lower() for part in _PARTS)
