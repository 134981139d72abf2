"""What Lambda runs of our own: a bundle for each function, an allow-list of the repository."""

import json
import shutil
import sys
import threading
from pathlib import Path

import pytest

from postroad.sending.wiring import TOPICS
from stacks.bundling import HOST, LAMBDA, Target, build_bundle, build_layer, handler_of
from stacks.bundling.bundle import LEFT_OUT, ROOT, SUFFIXES
from stacks.bundling.once import build_once
from stacks.bundling.target import OUR_PYTHON
from tests.infrastructure.alone import run_alone

VERBS = sorted(handler.parent.name for handler in (ROOT / "functions").glob("*/handler.py"))
IMPORTED = """
import importlib, json
handler = importlib.import_module(sys.argv[3])
assert callable(handler.lambda_handler)
outside = [m for m in sys.modules.values() if getattr(m, "__file__", None)]
print(json.dumps({m.__name__: m.__file__ for m in outside}))
"""
RENDERED = """
import json, pathlib
from postroad.rendering.compiled import CompiledRenderer
renderer = CompiledRenderer(pathlib.Path(sys.argv[1]) / "compiled_templates")
data = json.loads(pathlib.Path(sys.argv[3]).read_text("utf-8"))
locales = ("en", "es-CO", "zh-CN")
mails = [renderer.render("order_confirmation", locale=locale, data=data) for locale in locales]
print(json.dumps([mail.locale for mail in mails]))
"""


@pytest.fixture(scope="module")
def host_layer() -> Path:
    return build_layer(HOST)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of what the bundles and the layer are built from."""
    root = tmp_path / "house"
    for folder in ("config", "functions", "postroad", "templates"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (root / "requirements").mkdir()
    shutil.copyfile(ROOT / "requirements" / "development.txt", root / "requirements" / "development.txt")
    return root


def files_of(folder: Path) -> dict[str, tuple[bytes, float, int]]:
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime, path.stat().st_mode)
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("verb", VERBS)
def test_a_handler_imports_from_its_bundle_and_the_layer_alone(verb: str, host_layer: Path) -> None:
    bundle = build_bundle(verb)

    module = handler_of(verb).removesuffix(".lambda_handler")
    imported: dict[str, str] = json.loads(run_alone(IMPORTED, bundle, host_layer, module))

    strangers = {
        name: file
        for name, file in imported.items()
        if not file.startswith((str(bundle), str(host_layer), sys.base_prefix)) or "site-packages" in file
    }
    assert not strangers
    assert {name.split(".")[1] for name in imported if name.startswith("functions.")} == {verb}
    assert not {"css_inline", "pydantic", "typer", "aws_cdk"} & {name.split(".")[0] for name in imported}


def test_only_send_pays_for_rendering(host_layer: Path) -> None:
    """But for `journeys`, whose conditions are Jinja's expressions."""
    for verb in set(VERBS) - {"send"}:
        module = handler_of(verb).removesuffix(".lambda_handler")
        imported = json.loads(run_alone(IMPORTED, build_bundle(verb), host_layer, module))
        rendering = {"babel", "email_validator"} | ({"jinja2"} if verb != "journeys" else set())
        assert not rendering & imported.keys(), verb


def test_send_starts_without_what_few_mails_need(host_layer: Path) -> None:
    """Each of these is a good part of a cold start; what needs it imports it then."""
    module = handler_of("send").removesuffix(".lambda_handler")
    imported = json.loads(run_alone(IMPORTED, build_bundle("send"), host_layer, module))
    slow = {"boto3", "botocore.client", "botocore.session", "email_validator", "holidays", "urllib3"}
    assert not slow & imported.keys()
    # Journeys and contacts are asked of mails that waited, or have to wait.
    few = {"postroad.journeys", "postroad.contacts", "postroad.activity"}
    assert not {".".join(name.split(".")[:2]) for name in imported} & few


def test_the_bundle_of_send_renders_its_templates(host_layer: Path) -> None:
    example = ROOT / "templates" / "order_confirmation" / "example.json"

    assert json.loads(run_alone(RENDERED, build_bundle("send"), host_layer, str(example))) == [
        "en",
        "es",
        "zh-Hans",
    ]


def test_what_differs_by_stage_lies_beside_the_code_and_makes_a_bundle_of_its_own(house: Path) -> None:
    one, other = (build_bundle("journeys", root=house, made={"compiled.json": text}) for text in (b"1", b"2"))
    assert one != other
    assert [(bundle / "compiled.json").read_bytes() for bundle in (one, other)] == [b"1", b"2"]
    assert build_bundle("journeys", root=house, made={"compiled.json": b"1"}) == one


def test_the_bundle_of_send_names_each_streams_topics(house: Path) -> None:
    topics = (house / "config" / "topics.toml").read_text("utf-8")
    before = build_bundle("send", root=house)
    (house / "config" / "topics.toml").write_text(topics.replace('"marketing"', '"news"', 1), "utf-8")
    after = build_bundle("send", root=house)

    found = [json.loads((bundle / TOPICS).read_text("utf-8")) for bundle in (before, after)]
    assert found == [
        {"marketing": ["product_updates", "offers", "follow_ups", "shopping"]},
        {"news": ["product_updates"], "marketing": ["offers", "follow_ups", "shopping"]},
    ]


@pytest.mark.parametrize("verb", VERBS)
def test_a_bundle_holds_the_allow_list_and_nothing_else(verb: str, house: Path) -> None:
    strays = (
        ".env",
        "postroad/.env",
        "postroad/notes.md",
        "postroad/contract/.hidden.py",
        "postroad/contract/__pycache__/words.cpython-311.pyc",
        f"functions/{verb}/event.json",
        "functions/another/handler.py",
        "tests/test_something.py",
    )
    for stray in strays:
        (house / stray).parent.mkdir(parents=True, exist_ok=True)
        (house / stray).write_text("secret")

    held = files_of(build_bundle(verb, root=house))

    assert not [name for name in held if name in strays]
    assert f"functions/{verb}/handler.py" in held
    templates = {name for name in held if name.startswith("compiled_templates/")}
    assert bool(templates) == (verb == "send")
    assert ("stream_topics.json" in held) == (verb == "send")
    assert (held.keys() & {"web_pages/pages.json"} != set()) == (verb == "web")
    assert ("declared_events.json" in held) == (verb in {"intake", "journeys"})
    built = {"compiled_templates", "stream_topics.json", "web_pages", "declared_events.json"}
    assert {Path(name).parts[0] for name in held} - built == {"functions", "postroad"}
    assert not {Path(name).parts[1] for name in held if name.startswith("postroad/")} & LEFT_OUT
    assert {Path(name).parts[1] for name in held if name.startswith("functions/")} <= {verb, "__init__.py"}
    assert not [name for name in held if "__pycache__" in name]


def test_no_package_that_is_deployed_has_files_which_bundles_leave_out() -> None:
    """A data file in such a package would be missing in Lambda: list its suffix in the bundle, or move it."""
    deployed = [folder for folder in (ROOT / "postroad").iterdir() if folder.name not in LEFT_OUT]
    strays = [
        str(file.relative_to(ROOT))
        for folder in deployed
        for file in folder.rglob("*")
        if file.is_file() and file.suffix not in SUFFIXES | {".pyc"}
    ]

    assert not strays


def test_a_bundle_is_the_same_wherever_and_whenever_it_is_built(house: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(house, elsewhere)

    first, second = (build_bundle("send", root=root) for root in (house, elsewhere))

    assert first.name == second.name
    assert files_of(first) == files_of(second)


def test_a_bundle_has_bytecode_where_python_is_lambdas(house: Path) -> None:
    """Of every module, the compiled templates among them; it names Lambda's folder, and no time of a file."""
    bundle = build_bundle("send", target=Target(OUR_PYTHON, LAMBDA.platforms), root=house)

    modules = {path.relative_to(bundle) for path in bundle.rglob("*.py")}
    bytecode = list(bundle.rglob("*.pyc"))
    assert {path.parent.parent / f"{path.name.split('.')[0]}.py" for path in bytecode} == {
        bundle / module for module in modules
    }
    unchecked_hash = 0b01
    for path in bytecode:
        content = path.read_bytes()
        assert int.from_bytes(content[4:8], "little") == unchecked_hash
        assert b"/var/task/" in content
        assert str(house).encode() not in content
    assert bundle != build_bundle("send", root=house)


def test_a_bundle_is_built_again_only_when_its_inputs_changed(house: Path) -> None:
    send, feedback = build_bundle("send", root=house), build_bundle("feedback", root=house)
    built = send.stat().st_ctime_ns

    assert build_bundle("send", root=house) == send
    assert send.stat().st_ctime_ns == built

    brand = house / "config" / "brand.toml"
    brand.write_text(brand.read_text() + "\n# changed\n")
    assert build_bundle("send", root=house) != send
    assert build_bundle("feedback", root=house) == feedback

    clock = house / "postroad" / "clock.py"
    clock.write_text(clock.read_text() + "\n# changed\n")
    assert build_bundle("feedback", root=house) != feedback


def test_a_function_that_is_not_there_is_named(house: Path) -> None:
    with pytest.raises(FileNotFoundError, match="there is no function 'sned'"):
        build_bundle("sned", root=house)


# Building once.


def test_builders_at_the_same_time_build_once(tmp_path: Path) -> None:
    builds: list[Path] = []
    together = threading.Barrier(8)

    def build(folder: Path) -> None:
        builds.append(folder)
        (folder / "file").write_text("content")

    def ask() -> None:
        together.wait()
        assert (build_once(tmp_path / "result", build) / "file").read_text() == "content"

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(builds) == 1


def test_an_interrupted_build_leaves_nothing_that_looks_finished(tmp_path: Path) -> None:
    def interrupted(folder: Path) -> None:
        (folder / "half").write_text("")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_once(tmp_path / "result", interrupted)
    assert not (tmp_path / "result").exists()

    build_once(tmp_path / "result", lambda folder: (folder / "whole").touch())
    assert [path.name for path in (tmp_path / "result").iterdir()] == ["whole"]
