"""A locale for looking at mails from right to left, without anybody who translates: ar-XB.

Its texts are the default's, with their words set from right to left; dates, numbers and the mail's direction
are Arabic's. The name is the one that ICU and Android use for such a locale (XB is a private region, so
nobody lives there). Only previews and tests are built with it.
"""

import re
from string import Formatter

from postroad.rendering.catalogue import Catalogue

LOCALE = "ar-XB"
# RIGHT-TO-LEFT MARK (UAX 9): spaces between two of them run from right to left, and so do the words around.
_MARK = "\N{RIGHT-TO-LEFT MARK}"


def mirror(default: Catalogue) -> Catalogue:
    """Return the texts of ar-XB. Asking for them counts as using the default's."""
    texts = {key: {form: _turn(text) for form, text in forms.items()} for key, forms in default.texts.items()}
    return Catalogue(default.path, LOCALE, texts, default.used)


def _turn(text: str) -> str:
    pieces = [_MARK]
    for literal, name, _, _ in Formatter().parse(text):
        escaped = literal.replace("{", "{{").replace("}", "}}")
        pieces.append(re.sub(r"\s+", lambda space: f"{_MARK}{space[0]}{_MARK}", escaped))
        if name is not None:
            pieces.append(f"{_MARK}{{{name}}}{_MARK}")
    return "".join([*pieces, _MARK])
