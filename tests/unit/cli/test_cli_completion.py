"""Completion as each shell asks for it, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cli.deployed import configure

pytestmark = pytest.mark.slow

COMMAND = Path(sys.executable).with_name("postroad")
HEAVY = (
    "boto3",
    "botocore",
    "postroad.configuration",
    "msgspec",
    "email_validator",
    "jinja2",
    "postroad.local.lifecycle",
)


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with two stages, two streams and two e-mails."""
    monkeypatch.chdir(tmp_path)
    configure(stage="prod")
    configure(stage="test")
    Path("config", "brand.toml").touch()
    for name in ("_base", "invoice", "order_confirmation"):
        Path("templates", name).mkdir(parents=True)
        Path("templates", name, "body.html").touch()
    return tmp_path


def ask(words: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(Path.cwd()), **variables}
    return subprocess.run(  # noqa: S603 - our own command
        words, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


def bash(line: str) -> list[str]:
    words = line.split(" ")
    done = ask(
        [str(COMMAND)],
        _POSTROAD_COMPLETE="complete_bash",
        COMP_WORDS="\n".join(words),
        COMP_CWORD=str(len(words) - 1),
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("postroad sup", ["suppression"]),
        ("postroad suppression ", ["list", "add", "remove", "show", "import", "export", "sync"]),
        ("postroad contact ", ["show", "add", "import", "export", "erase"]),
        ("postroad local ", ["up", "down", "status", "clock"]),
        ("postroad local up --re", ["--redeploy"]),
        ("postroad --stage ", ["prod", "test"]),
        ("postroad why order-1042 --stage p", ["prod"]),
        ("postroad --stage prod queues --stream ", ["order-updates", "transactional"]),
        ("postroad send --stage test --stream t", ["transactional"]),
        ("postroad --stage nowhere send --stream ", []),
        ("postroad send --template ", ["invoice", "order_confirmation"]),
        ("postroad preview o", ["order_confirmation"]),
        ("postroad --stage prod suppression add ana --scope ",
         ["all", "stream:order-updates", "stream:transactional", "topic:"]),
        ("postroad suppression import list.csv --reason un", ["unsubscribed"]),
        ("postroad queues redrive --status ", ["held", "invalid", "failed"]),
    ],
)  # fmt: skip
def test_bash_is_offered_what_can_come_next(line: str, offered: list[str]) -> None:
    assert bash(line) == offered


@pytest.mark.parametrize(
    "content", ["not toml [", "streams = 3\n", "\udcff", "x = " + "[" * 50_000], ids=range(4)
)
def test_a_configuration_that_can_not_be_read_offers_nothing(content: str) -> None:
    Path("config", "prod.toml").write_text(content, encoding="utf-8", errors="surrogateescape")
    assert bash("postroad --stage prod queues --stream ") == []


def test_zsh_is_offered_words_with_what_they_do() -> None:
    done = ask([str(COMMAND)], _POSTROAD_COMPLETE="complete_zsh", _TYPER_COMPLETE_ARGS="postroad local s")
    assert done.stdout.startswith("_arguments '*: :((")
    assert '"status":"Say what runs' in done.stdout
    assert "stop" not in done.stdout


def test_fish_is_offered_words_with_what_they_do() -> None:
    variables = {"_POSTROAD_COMPLETE": "complete_fish", "_TYPER_COMPLETE_ARGS": "postroad suppression ex"}
    shown = ask([str(COMMAND)], _TYPER_COMPLETE_FISH_ACTION="get-args", **variables)
    word, _, what = shown.stdout.strip().partition("\t")
    assert word == "export"
    assert what.startswith("Write every suppression as CSV")
    assert ask([str(COMMAND)], _TYPER_COMPLETE_FISH_ACTION="is-args", **variables).returncode == 0
    variables["_TYPER_COMPLETE_ARGS"] = "postroad why order-"
    assert ask([str(COMMAND)], _TYPER_COMPLETE_FISH_ACTION="is-args", **variables).returncode == 1


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_s_script_can_be_shown(shell: str) -> None:
    done = ask([str(COMMAND)], _POSTROAD_COMPLETE=f"source_{shell}")
    assert done.returncode == 0
    assert f"_POSTROAD_COMPLETE=complete_{shell}" in done.stdout


def test_bash_itself_completes_with_the_shown_script() -> None:
    """The script and the protocol together, in the one shell that is everywhere."""
    script = (
        f'PATH="{COMMAND.parent}:$PATH"\n'
        'eval "$(_POSTROAD_COMPLETE=source_bash postroad)"\n'
        "complete -p postroad\n"
        "COMP_WORDS=(postroad --stage ''); COMP_CWORD=2\n"
        "_postroad_completion postroad\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    done = ask(["bash", "--norc", "-c", script])
    assert done.stdout.splitlines()[-2:] == ["prod", "test"]
    assert "-F _postroad_completion postroad" in done.stdout


def test_it_installs_itself_for_the_shell_that_runs_it() -> None:
    # Two commands, or bash would become the first one, and nobody's parent.
    done = ask(["bash", "--norc", "-c", f'"{COMMAND}" --install-completion; true'])
    assert "bash completion installed" in done.stdout
    assert "_postroad_completion" in Path(".bash_completions", "postroad.sh").read_text(encoding="utf-8")
    assert "source" in Path(".bashrc").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "line", ["postroad local ", "postroad --stage prod queues --stream ", "postroad send --template "]
)
def test_completing_imports_nothing_slow(line: str) -> None:
    code = (
        "import atexit, sys\n"
        f"atexit.register(lambda: print([name for name in {HEAVY!r} if name in sys.modules]))\n"
        "from postroad.cli.main import app\n"
        "app(prog_name='postroad')\n"
    )
    words = line.split(" ")
    done = ask(
        [sys.executable, "-c", code],
        _POSTROAD_COMPLETE="complete_bash",
        COMP_WORDS="\n".join(words),
        COMP_CWORD=str(len(words) - 1),
    )
    assert len(done.stdout.splitlines()) > 1, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"


def test_names_that_would_steer_the_terminal_are_not_offered() -> None:
    Path("config", "\x1b[31mred.toml").touch()
    Path("config", "two\nlines.toml").touch()
    assert bash("postroad --stage ") == ["prod", "test"]
