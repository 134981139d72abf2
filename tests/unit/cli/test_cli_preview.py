import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from postroad.cli.main import app
from postroad.cli.problem import ExitCode

pytestmark = pytest.mark.slow

TOOLS = ("jinja2", "babel", "css_inline", "postroad.rendering")
ROOT = Path(__file__).parents[3]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project, which is the working folder."""
    for folder in ("_base", "order_confirmation"):
        shutil.copytree(ROOT / "templates" / folder, tmp_path / "templates" / folder)
    (tmp_path / "config").mkdir()
    sample = ROOT / "tests" / "unit" / "rendering" / "sample_brand.toml"
    shutil.copyfile(sample, tmp_path / "config" / "brand.toml")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would have been opened, at a terminal with a browser."""
    pages: list[str] = []

    def open_page(page: Path) -> bool:
        pages.append(str(page))
        return True

    monkeypatch.setattr("postroad.cli.preview.open_in_browser", open_page)
    return pages


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["preview", *words])


def test_a_mail_is_shown_and_opened(shop: Path, opened: list[str]) -> None:
    result = run("order_confirmation", "--locale", "es")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[:3] == [
        "order_confirmation in es",
        "    subject    Hemos recibido su pedido 1042",
        "    preheader  Lo que ha pedido, lo que cuesta y adónde lo enviamos.",
    ]
    assert "    |   14,00 € por unidad, 15 % de descuento = 142,80 €" in lines
    assert lines[-1] == "build/preview/order_confirmation@es.html"
    assert opened == [str(shop / "build" / "preview" / "order_confirmation@es.html")]
    assert "Hemos recibido su pedido 1042" in Path(opened[0]).read_text("utf-8")


@pytest.mark.usefixtures("shop")
def test_nothing_is_opened_where_nobody_looks(opened: list[str]) -> None:
    assert run("order_confirmation", "--no-open").stdout.endswith(".html: open it in a browser\n")
    assert run("order_confirmation", "--json").exit_code == 0
    assert opened == []


@pytest.mark.usefixtures("shop")
def test_json_has_both_parts_of_the_mail() -> None:
    document = json.loads(run("order_confirmation", "--locale", "nl", "--json").stdout)
    (mail,) = document["mails"]
    assert mail["subject"] == "We hebben uw bestelling 1042 ontvangen"
    assert mail["preheader"] == "Wat u hebt besteld, wat het kost en waar we het naartoe sturen."
    assert mail["text"].startswith("Beste Ana Ruiz,")
    assert mail["html"].startswith("<!DOCTYPE html>")
    assert (mail["html_bytes"], mail["notes"]) == (len(mail["html"].encode()), [])
    assert document["page"].endswith("order_confirmation@nl.html")


def test_all_mails_are_in_one_page(shop: Path, opened: list[str]) -> None:
    result = run("--all")
    assert result.exit_code == 0, result.output
    for locale in ("en", "es", "nl", "zh-Hans", "ar-XB"):
        assert f"order_confirmation  {locale} " in result.stdout
    assert opened == [str(shop / "build" / "preview" / "index.html")]
    listed = json.loads(run("--all", "--json").stdout)["mails"]
    assert [mail["locale"] for mail in listed] == ["en", "es", "nl", "zh-Hans", "ar-XB"]
    assert "html" not in listed[0]


def test_the_page_is_written_where_it_is_wanted(shop: Path) -> None:
    result = run("order_confirmation", "--output", "look.html", "--width", "320", "--no-open")
    assert result.stdout.splitlines()[-1].startswith("look.html")
    assert 'data-widths="Frame:320"' in (shop / "look.html").read_text("utf-8")
    (shop / "file").touch()
    refused = run("order_confirmation", "--output", "file/look.html", "--no-open")
    assert refused.exit_code == ExitCode.FAILED
    assert "file/look.html can't be written" in refused.stderr


@pytest.mark.parametrize(
    ("words", "what", "code"),
    [
        ((), "Say which mail to show, or --all.", ExitCode.USAGE),
        (("order_confirmation", "--all"), "--all shows order_confirmation as well.", ExitCode.USAGE),
        (("--all", "--data", "x.json"), "--data is for one mail.", ExitCode.USAGE),
        (("order_confirmatoin",), "There is no templates/order_confirmatoin/.", ExitCode.NOT_FOUND),
        (
            ("order_confirmation", "--locale", "fr"),
            "order_confirmation has no texts for readers of fr: they get en.",
            ExitCode.NOT_FOUND,
        ),
        (("order_confirmation", "--data", "x.json"), "x.json: No such file or directory", ExitCode.USAGE),
    ],
)
@pytest.mark.usefixtures("shop")
def test_words_that_can_not_be_meant(words: tuple[str, ...], what: str, code: ExitCode) -> None:
    result = run(*words)
    assert (result.exit_code, result.stderr.splitlines()[0]) == (code, f"postroad: {what}")
    assert result.stderr.splitlines()[1].startswith("    next: ")


def test_a_mistake_is_told_with_file_and_line(shop: Path) -> None:
    body = shop / "templates" / "order_confirmation" / "body.html"
    body.write_text(body.read_text("utf-8").replace('t("intro")', 't("intor")'), "utf-8")
    result = run("order_confirmation")
    assert result.exit_code == ExitCode.FAILED
    line = 1 + body.read_text("utf-8").partition('t("intor")')[0].count("\n")
    said = f"templates/order_confirmation/body.html: line {line}: no text 'intor'"
    assert said in result.stderr
    assert str(shop) not in result.stderr


def test_several_mistakes_are_told_together(shop: Path) -> None:
    (shop / "config" / "brand.toml").write_text('name = "X"\n', "utf-8")
    error = json.loads(run("--all", "--json").stdout)["error"]
    assert error["what"].splitlines()[0].endswith("mistakes:")
    assert "    config/brand.toml: website: expected a text" in error["what"].splitlines()


def test_a_folder_without_templates_is_no_place_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("--all")
    assert result.exit_code == ExitCode.NOT_FOUND
    assert "There are no templates in" in result.stderr


def test_an_install_without_the_tools_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "postroad.cli.writing.find_spec", lambda name: None if name == "css_inline" else "there"
    )
    result = run("--all")
    assert result.exit_code == ExitCode.FAILED
    assert "needed to make mails: css-inline." in result.stderr
    assert "pip install 'postroad[cli]'" in result.stderr


@pytest.mark.parametrize(
    "words", [(), ("preview",), ("template",), ("template", "new"), ("template", "approve")]
)
def test_help_needs_none_of_what_makes_mails(words: tuple[str, ...]) -> None:
    code = (
        "import sys, typer.testing\n"
        "from postroad.cli.main import app\n"
        f"assert typer.testing.CliRunner().invoke(app, [*{words!r}, '--help']).exit_code == 0\n"
        f"print([name for name in {TOOLS!r} if name in sys.modules])"
    )
    command = [sys.executable, "-c", code]
    loaded = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own code
    assert loaded.stdout.strip() == "[]"
