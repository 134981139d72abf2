"""config/topics.toml: what is read, and what each mistake is told as."""

from __future__ import annotations

from pathlib import Path

import pytest

from postroad.configuration import ConfigurationError, load, stages
from postroad.configuration.topics import (
    DEFAULT_LOCALE,
    MOST_TOPICS,
    check_streams,
    read_topics,
    streams_of,
    without_topics,
)

SHIPPED = Path(__file__).parents[3] / "config"
SOUND = """
[topics.offers]
stream = "marketing"
opt_in = "double"
names = { en = "Offers" }
descriptions = { en = "Discounts." }
"""


def problems(folder: Path, text: str) -> list[str]:
    (folder / "topics.toml").write_text(text, "utf-8")
    with pytest.raises(ConfigurationError) as caught:
        read_topics(folder)
    return [line.removeprefix(f"{folder / 'topics.toml'}: ") for line in str(caught.value).splitlines()]


def test_the_shipped_topics_are_sound_and_of_streams_that_can_be_unsubscribed() -> None:
    topics = read_topics(SHIPPED)

    assert list(topics) == ["product_updates", "offers", "follow_ups", "shopping"]
    assert (topics["offers"].opt_in, topics["follow_ups"].opt_in) == ("double", "single")
    local = load("local", SHIPPED)
    check_streams(
        topics,
        {name: stream.unsubscribable for name, stream in local.streams.items()},
        file="config/topics.toml",
    )


def test_the_shipped_topics_have_a_text_in_every_language_of_the_mails() -> None:
    languages = {file.stem for file in (SHIPPED.parent / "templates" / "_base" / "locales").glob("*.toml")}
    for topic in read_topics(SHIPPED).values():
        assert set(topic.names) == set(topic.descriptions) == languages
        assert DEFAULT_LOCALE in languages


def test_without_the_file_there_are_no_topics(tmp_path: Path) -> None:
    assert read_topics(tmp_path) == {}


def test_the_file_is_no_stage(tmp_path: Path) -> None:
    (tmp_path / "topics.toml").write_text(SOUND, "utf-8")
    (tmp_path / "brand.toml").touch()
    (tmp_path / "prod.toml").touch()
    assert stages(tmp_path) == ["prod"]
    with pytest.raises(ConfigurationError, match=r"no such file; stages in .*: 'prod'"):
        load("topics", tmp_path)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('stream = "marketing"', "", "topics.offers.stream: missing; expected the name of a stream"),
        ('"marketing"', "7", "topics.offers.stream: expected the name of a stream, got 7"),
        ('"double"', '"triple"', """topics.offers.opt_in: expected "single" or "double", got 'triple'"""),
        (
            "opt_in",
            "optin",
            "topics.offers.optin: unknown key; expected one of stream, opt_in, keep_ip, names, descriptions",
        ),
        (
            "names = { en ",
            "names = { es ",
            (
                "topics.offers.names.en: missing; expected a text of 1 to 80 characters, "
                "shown where a locale has none"
            ),
        ),
        (
            '"Offers"',
            '"a\\nb"',
            r"topics.offers.names.en: expected a text of 1 to 80 characters, on one line, got 'a\nb'",
        ),
        (
            '"Offers"',
            '"Offers", no_locale = "x"',
            "topics.offers.names.no_locale: expected a locale such as es or zh-Hans (BCP 47)",
        ),
        (
            "names = { en",
            "unknown = { en",
            "topics.offers.names: missing; expected a text of 1 to 80 characters by locale, as { en = … }",
        ),
        (
            "[topics.offers]",
            "[topics.Offers]",
            (
                "topics.Offers: expected a name of 1 to 64 characters of a-z 0-9 _ . -, "
                "beginning with a letter or digit"
            ),
        ),
        ("[topics.offers]", "[offers]", "offers: unknown key; expected tables [topics.<name>]"),
    ],
)
def test_each_mistake_is_told_with_its_key(tmp_path: Path, before: str, after: str, told: str) -> None:
    assert before in SOUND
    assert told in problems(tmp_path, SOUND.replace(before, after))


def test_more_topics_than_one_transaction_holds_are_refused(tmp_path: Path) -> None:
    topics = [SOUND.replace("offers", f"topic_{number}") for number in range(MOST_TOPICS + 1)]
    (tmp_path / "topics.toml").write_text("".join(topics[1:]), "utf-8")
    assert len(read_topics(tmp_path)) == MOST_TOPICS
    assert problems(tmp_path, "".join(topics)) == ["topics: expected 40 topics at most, got 41; join some"]


@pytest.mark.parametrize("content", [b"topics = [", b"\xff"])
def test_what_is_no_toml_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "topics.toml").write_bytes(content)
    with pytest.raises(ConfigurationError, match="not TOML in UTF-8"):
        read_topics(tmp_path)


def test_tables_are_expected_where_tables_belong(tmp_path: Path) -> None:
    assert problems(tmp_path, "topics = 7") == ["topics: expected tables [topics.<name>], got 7"]
    assert problems(tmp_path, "topics = { offers = 7 }") == [
        "topics.offers: expected a table with stream, opt_in, keep_ip, names, descriptions, got 7"
    ]


def test_a_topic_of_a_stream_that_can_t_be_unsubscribed_is_refused(tmp_path: Path) -> None:
    (tmp_path / "topics.toml").write_text(SOUND, "utf-8")
    with pytest.raises(ConfigurationError) as caught:
        check_streams(read_topics(tmp_path), {"news": True, "marketing": False}, file="config/topics.toml")
    assert str(caught.value) == (
        "config/topics.toml: topics.offers.stream: expected a stream that can be unsubscribed (news), "
        "got 'marketing'; name another, or let it be unsubscribed in the stage's file"
    )


def test_a_topic_of_a_stream_that_only_another_stage_has_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "topics.toml").write_text(SOUND, "utf-8")
    (tmp_path / "prod.toml").write_text('[streams.marketing]\nkind = "marketing"', "utf-8")
    (tmp_path / "broken.toml").write_text("[streams", "utf-8")
    topics = read_topics(tmp_path)

    assert streams_of(tmp_path) == {"marketing"}
    check_streams(topics, {"transactional": False}, file="f", elsewhere=streams_of(tmp_path))
    with pytest.raises(ConfigurationError, match=r"topics\.offers\.stream: .* \(there is none\)"):
        check_streams(topics, {"marketing": False}, file="f", elsewhere=streams_of(tmp_path))


def test_a_stream_that_can_be_left_and_has_no_topic_is_found(tmp_path: Path) -> None:
    (tmp_path / "topics.toml").write_text(SOUND, "utf-8")
    streams = {"marketing": True, "news": True, "transactional": False}
    assert without_topics(read_topics(tmp_path), streams) == ["news"]
