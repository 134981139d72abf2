"""Well-formed language tags, by the grammar of RFC 5646 (BCP 47), section 2.1."""

_LANGUAGE = "(?:[A-Za-z]{2,3}(?:-[A-Za-z]{3}){0,3}|[A-Za-z]{4,8})"
_SCRIPT = "(?:-[A-Za-z]{4})?"
_REGION = "(?:-(?:[A-Za-z]{2}|[0-9]{3}))?"
_VARIANTS = "(?:-(?:[A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*"
_EXTENSIONS = "(?:-[0-9A-WYZa-wyz](?:-[A-Za-z0-9]{2,8})+)*"
_PRIVATE = "[Xx](?:-[A-Za-z0-9]{1,8})+"
# The grandfathered tags that the grammar above does not produce (they are all registered and closed).
_IRREGULAR = (
    "en-GB-oed|sgn-(?:BE-FR|BE-NL|CH-DE)"
    "|i-(?:ami|bnn|default|enochian|hak|klingon|lux|mingo|navajo|pwn|tao|tay|tsu)"
)
_TAG = f"{_LANGUAGE}{_SCRIPT}{_REGION}{_VARIANTS}{_EXTENSIONS}(?:-{_PRIVATE})?"
LOCALE_PATTERN = rf"^(?:{_TAG}|{_PRIVATE}|{_IRREGULAR})(?!\n)$"
