"""The reference page is written from the models and committed: it must not fall behind."""

from collections.abc import Iterator

from postroad.configuration.keys import Key
from postroad.configuration.reference import PAGE, page


def test_the_committed_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m postroad.configuration.reference`"


def values(key: Key) -> Iterator[Key]:
    """Yield every key that holds a value, in whatever section."""
    for each in key.keys:
        if each.section:
            yield from values(each.section)
        else:
            yield each


def test_every_key_is_on_the_page_with_its_meaning() -> None:
    text = page()
    for key in values(Key()):
        assert f"| `{key.path[-1]}` | " in text
        assert key.schema["description"] in text
