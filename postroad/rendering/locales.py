"""Which of a template's locales a recipient gets: es-CO, else es, else the default with a note.

A language that is written in more than one script is only matched in the script that the recipient reads:
zh-CN and zh-SG get zh-Hans, while zh-TW and zh-HK, whose readers use zh-Hant, get the default.
Tags are those of BCP 47; which script a region uses comes from CLDR (UTS 35, "likely subtags").
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_LANGUAGE = re.compile(r"[a-z]{2,3}|[a-z]{5,8}", re.IGNORECASE)
_SCRIPT = re.compile(r"[a-z]{4}", re.IGNORECASE)
_REGION = re.compile(r"[a-z]{2}|[0-9]{3}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class LocaleTag:
    """The parts of a BCP 47 tag that matter here, in their canonical case. Empty means not given."""

    language: str
    script: str = ""
    region: str = ""

    def __str__(self) -> str:
        """Write the tag as BCP 47 does, with hyphens."""
        return "-".join(part for part in (self.language, self.script, self.region) if part)


@dataclass(frozen=True, slots=True)
class LocaleChoice:
    """The locale of the texts, the locale of dates and numbers, and a note if the recipient's was not found.

    `formats` keeps the recipient's region (es-CO writes numbers unlike es-MX) when the language was found.
    """

    texts: str
    formats: LocaleTag
    note: str = ""


def parse_locale(tag: str) -> LocaleTag | None:
    """Read language, script and region of a tag; variants and extensions are ignored. None: not a locale."""
    language, *rest = tag.replace("_", "-").split("-")
    if not _LANGUAGE.fullmatch(language):
        return None
    script = region = ""
    if rest and _SCRIPT.fullmatch(rest[0]):
        script = rest.pop(0).title()
    if rest and _REGION.fullmatch(rest[0]):
        region = rest.pop(0).upper()
    return LocaleTag(language.lower(), script, region)


def choose_locale(
    requested: str | None, available: Iterable[str], default: str, likely_subtags: Mapping[str, str]
) -> LocaleChoice:
    """Choose among `available`; `likely_subtags` is CLDR's table (`{"zh_TW": "zh_Hant_TW", ...}`)."""
    fallback = LocaleTag(default) if (parsed := parse_locale(default)) is None else parsed
    if requested is None:
        return LocaleChoice(default, fallback)
    wanted = parse_locale(requested)
    if wanted is not None:
        script = wanted.script or _likely_script(wanted, likely_subtags)
        reader = LocaleTag(wanted.language, script, wanted.region)
        for suits in (_same_region, _any_region):
            for name in available:
                offered = parse_locale(name)
                if (
                    offered is not None
                    and offered.language == reader.language
                    and (offered.script or _likely_script(offered, likely_subtags)) == script
                    and suits(offered, reader)
                ):
                    return LocaleChoice(name, reader)
    return LocaleChoice(default, fallback, f"locale {requested} has no texts here: {default} was used")


def _same_region(offered: LocaleTag, reader: LocaleTag) -> bool:
    return offered.region == reader.region


def _any_region(offered: LocaleTag, _reader: LocaleTag) -> bool:
    return not offered.region


def _likely_script(tag: LocaleTag, likely_subtags: Mapping[str, str]) -> str:
    full = likely_subtags.get(f"{tag.language}_{tag.region}") or likely_subtags.get(tag.language)
    found = parse_locale(full) if full else None
    return found.script if found else ""
