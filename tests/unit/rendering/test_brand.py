import re
from collections.abc import Callable
from pathlib import Path

import pytest

from postroad.rendering.brand import Brand
from postroad.rendering.contrast import contrast
from postroad.rendering.problems import TemplateBuildError

SHIPPED = Path(__file__).parents[3] / "config" / "brand.toml"
# A copy, so that whoever makes the shipped file their own changes no test.
SAMPLE = Path(__file__).with_name("sample_brand.toml")
Change = Callable[..., list[str]]


@pytest.fixture
def problems_with(tmp_path: Path) -> Change:
    """Change the sample, and give what reading it complains of."""
    path = tmp_path / "brand.toml"

    def change(*pairs: tuple[str, str]) -> list[str]:
        text = SAMPLE.read_text("utf-8")
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new, 1)
        path.write_text(text, "utf-8")
        with pytest.raises(TemplateBuildError) as caught:
            Brand.read(path)
        return [problem.removeprefix(f"{path}: ") for problem in caught.value.problems]

    return change


def test_a_brand_is_read_as_written() -> None:
    brand = Brand.read(SAMPLE)
    assert brand.name == "The Example Shop"
    assert brand.css["dark-accent"] == "#7fd3b4"
    assert brand.css["font"].startswith("-apple-system, BlinkMacSystemFont, Segoe UI, ")


def test_outlook_is_not_given_fonts_that_it_does_not_know() -> None:
    assert str(Brand.read(SAMPLE).facts()["outlook_font"]).startswith("Segoe UI, ")


def test_each_key_has_a_comment() -> None:
    lines = SHIPPED.read_text("utf-8").splitlines()
    keys = [index for index, line in enumerate(lines) if re.match(r"[a-z_-]+ = ", line)]
    assert len(keys) == 5 + 4 + 2 * 7
    assert [lines[index] for index in keys if not lines[index - 1].startswith("# ")] == []


def test_every_wrong_key_is_named(problems_with: Change) -> None:
    assert problems_with(
        ('name = "The Example Shop"', 'name = ""\nmotto = "Cheap"'),
        ('"https://shop.example"', '"http://shop.example"'),
        ('["1 Example Street", "12345 Example City"]', "[]"),
        ('url = ""', 'url = "https://"'),
        ('alt = "The Example Shop"', 'alt = " "\nlink = "x"'),
        ("width = 160", "width = 3000"),
        ("height = 40", "height = true"),
        ('"#14614a"', '"green"'),
    ) == [
        "motto: unknown key; known are colours, default_locale, fonts, logo, name, postal_address, website",
        "logo.link: unknown key; known are alt, height, url, width",
        "name: expected a text",
        "website: expected a link that starts with https://",
        "postal_address: expected a list of lines",
        "logo.url: expected a link that starts with https://",
        "logo.alt: expected a text",
        "logo.width: expected a number of pixels from 1 to 320",
        "logo.height: expected a number of pixels from 1 to 1000",
        "colours.light.accent: expected one such as #1f5f4f",
    ]


def test_a_font_can_not_end_a_style(problems_with: Change) -> None:
    assert problems_with(('"Roboto"', '"Roboto\'; color: red"')) == [
        'fonts: expected names of letters, digits, hyphens and spaces, got "Roboto\'; color: red"'
    ]


def test_the_last_font_is_on_every_machine(problems_with: Change) -> None:
    assert problems_with(('"Noto Sans SC", "sans-serif"', '"Noto Sans SC"')) == [
        "fonts: the last must be one that every machine has: serif, sans-serif, monospace"
    ]


def test_a_table_that_is_missing_is_named_key_by_key(problems_with: Change) -> None:
    problems = problems_with(("[colours.dark]", "[colours.night]"), ("[logo]", "[mark]"))
    assert "colours.dark.accent: expected one such as #1f5f4f" in problems
    assert "logo.width: expected a number of pixels from 1 to 320" in problems
    assert any(problem.startswith("mark: unknown key") for problem in problems)


@pytest.mark.parametrize(
    ("changed", "pair", "ratio"),
    [
        (('text = "#1d2522"', 'text = "#888888"'), "light.text|light.surface", "3.54"),
        (('muted = "#5b6661"', 'muted = "#777777"'), "light.muted|light.surface", "4.47"),
        (('accent = "#14614a"', 'accent = "#66cc99"'), "light.accent|light.background", "1.78"),
        (('on-accent = "#ffffff"', 'on-accent = "#1d2522"'), "light.on-accent|light.accent", "2.11"),
        (('accent = "#7fd3b4"', 'accent = "#14614a"'), "dark.accent|dark.surface", "2.19"),
    ],
)
def test_colours_that_can_not_be_read_are_refused(
    problems_with: Change, changed: tuple[str, str], pair: str, ratio: str
) -> None:
    front, back = pair.split("|")
    problem = f"colours.{front}: can't be read on colours.{back}: their contrast is {ratio}:1, expected 4.5:1"
    assert f"{problem} or more" in problems_with(changed)


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#777777") == 1
    # The example that people know: the lightest grey on white that passes.
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert contrast("#ffffff", "#767676") == contrast("#767676", "#ffffff")


def test_a_missing_or_broken_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "brand.toml"
    with pytest.raises(TemplateBuildError, match="no such file; it says who the mails come from"):
        Brand.read(path)
    path.write_text("name =")
    with pytest.raises(TemplateBuildError, match=r"brand\.toml: Invalid value"):
        Brand.read(path)
    path.write_bytes(b"\xff")
    with pytest.raises(TemplateBuildError, match="can't decode"):
        Brand.read(path)
