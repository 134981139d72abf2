"""One function's own code: an allow-list of the repository, in build/bundles/<verb>/<hash of inputs>/."""

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from postroad.activity.declared import DECLARED_EVENTS, declared_text
from postroad.configuration.events import EVENTS, read_events
from postroad.configuration.topics import TOPICS, read_topics
from postroad.rendering.build import build_templates
from postroad.web.building import SUFFIXES as PAGE_SUFFIXES
from postroad.web.building import build_pages
from postroad.web.naming import topic_rules, topic_texts
from stacks.bundling.once import build_once, digest
from stacks.bundling.target import HOST, Target, add_bytecode

ROOT = Path(__file__).resolve().parents[2]
# Never deployed: the operator's command line, the emulated cloud, what synthesis reads, what writers use.
LEFT_OUT = frozenset(
    {
        "authoring",
        "cli",
        "configuration",
        "explaining",
        "journey_files",
        "load",
        "local",
        "privacy",
        "redriving",
    }
)
SUFFIXES = frozenset({".py", ".typed"})
# Functions that render mail carry the compiled templates, in this folder at the bundle's root.
RENDERING = frozenset({"send"})
COMPILED_TEMPLATES = "compiled_templates"
# And beside it the names of each stream's topics.
STREAM_TOPICS = "stream_topics.json"
# The one that serves pages carries those, likewise.
SERVING = frozenset({"web"})
WEB_PAGES = "web_pages"
PAGE_SOURCES = Path("templates", "_pages")
# Those that take events of contacts know which are declared.
TAKING_EVENTS = frozenset({"intake", "journeys"})
NOTHING_ELSE: Mapping[str, bytes] = MappingProxyType({})
# Where Lambda unpacks a function's code.
MOUNT = "/var/task"


def handler_of(verb: str) -> str:
    """Return what Lambda calls in the bundle of `verb`."""
    return f"functions.{verb}.handler.lambda_handler"


def build_bundle(
    verb: str, *, target: Target = HOST, root: Path = ROOT, made: Mapping[str, bytes] = NOTHING_ELSE
) -> Path:
    """Return the folder with the code of functions/<verb>, built if its inputs changed since last time.

    `made` are files for the bundle's root, by name, which differ from stage to stage.
    """
    files = sorted(_code(root, verb))
    inputs = list(files)
    if verb in RENDERING:
        inputs += sorted(_template_inputs(root))
    if verb in SERVING:
        inputs += sorted(_page_inputs(root))
    if verb in TAKING_EVENTS:
        inputs += (root / "config").glob(EVENTS)
    parts = [part for file in inputs for part in (str(file.relative_to(root)).encode(), file.read_bytes())]
    parts += [part for one in sorted(made) for part in (one.encode(), made[one])]
    name = digest([*parts, (target.bytecode or "none").encode()])

    def build(folder: Path) -> None:
        for file in files:
            copy = folder / file.relative_to(root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
        for one, content in made.items():
            (folder / one).write_bytes(content)
        _add_what_is_made(folder, verb, root)
        if target.takes_our_bytecode:
            add_bytecode(folder, mount=MOUNT)

    return build_once(root / "build" / "bundles" / verb / name, build)


def _add_what_is_made(folder: Path, verb: str, root: Path) -> None:
    """Put what is made of the repository beside the code of `verb`."""
    if verb in RENDERING:
        build_templates(root / "templates", folder / COMPILED_TEMPLATES)
        topics = json.dumps(_topics_by_stream(root / "config"))
        (folder / STREAM_TOPICS).write_text(topics, "utf-8")
    if verb in SERVING:
        build_pages(
            folder / WEB_PAGES,
            brand=root / "config" / "brand.toml",
            topics=topic_texts(root / "config" / TOPICS),
            rules=topic_rules(root / "config" / TOPICS),
            sources=root / PAGE_SOURCES,
        )
    if verb in TAKING_EVENTS:
        (folder / DECLARED_EVENTS).write_text(declared_text(read_events(root / "config")), "utf-8")


def _topics_by_stream(folder: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for topic in read_topics(folder).values():
        found.setdefault(topic.stream, []).append(topic.name)
    return found


def _code(root: Path, verb: str) -> Iterator[Path]:
    handler = root / "functions" / verb / "handler.py"
    if not handler.is_file():
        raise FileNotFoundError(f"there is no function '{verb}': expected {handler}")
    yield from (root / "functions").glob("__init__.py")
    for folder in (root / "functions" / verb, root / "postroad"):
        for file in folder.rglob("*"):
            inside = file.relative_to(root).parts
            hidden = any(part.startswith(".") for part in inside)
            left_out = inside[0] == "postroad" and inside[1] in LEFT_OUT
            if file.is_file() and file.suffix in SUFFIXES and not hidden and not left_out:
                yield file


def _template_inputs(root: Path) -> Iterator[Path]:
    yield from (file for file in (root / "templates").rglob("*") if file.is_file())
    yield root / "config" / "brand.toml"
    yield from (root / "config").glob(TOPICS)
    # Jinja and css-inline make the compiled templates: another version may make others.
    yield root / "requirements" / "development.txt"


def _page_inputs(root: Path) -> Iterator[Path]:
    yield from (file for file in (root / PAGE_SOURCES).rglob("*") if file.suffix in PAGE_SUFFIXES)
    yield from (root / "config").glob("brand.toml")
    yield from (root / "config").glob(TOPICS)
    yield root / "requirements" / "development.txt"
