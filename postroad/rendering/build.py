"""From `templates/` to a folder of compiled templates. Runs on the machine that deploys, never in Lambda.

    config/brand.toml                the shop's name, logo, postal address, fonts, colours, default locale
    templates/_base/                 layouts and macros, inline.css, head.css, locales/<locale>.toml
    templates/<name>/subject.txt     one line
    templates/<name>/body.txt        compulsory
    templates/<name>/body.html       optional
    templates/<name>/example.json    data that every locale is rendered with, here and in tests
    templates/<name>/locales/<locale>.toml

Every file is compiled once per locale, with its texts and styles in place (see catalogue.py, styles.py).
"""

import json
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from jinja2 import DictLoader, ModuleLoader, TemplateSyntaxError, nodes

from postroad.rendering import mirrored as mirroring
from postroad.rendering.brand import Brand
from postroad.rendering.catalogue import Catalogue, compare
from postroad.rendering.compiled import HTML, MANIFEST, SUBJECT, TEXT
from postroad.rendering.environment import MailEnvironment, is_html
from postroad.rendering.examples import EXAMPLE, Examples
from postroad.rendering.formats import Formats
from postroad.rendering.inlining import Inliner
from postroad.rendering.locales import LocaleTag, parse_locale
from postroad.rendering.problems import TemplateBuildError
from postroad.rendering.styles import StyleInliner, compact, fill_in

BASE = "_base"
# Where the layout wants head.css, in a comment that editors of CSS accept.
HEAD_CSS = "/* head.css */"


@dataclass(frozen=True, slots=True)
class _Folder:
    """One folder of sources with its texts, default locale first."""

    name: str
    sources: Mapping[str, str]
    catalogues: Mapping[str, Catalogue]


def build_templates(
    source: Path,
    target: Path,
    *,
    brand: Path | None = None,
    only: Collection[str] | None = None,
    mirrored: bool = False,
) -> list[str]:
    """Compile all templates of `source` into `target`, which is made anew; return warnings, a sentence each.

    `brand` is config/brand.toml beside `source` unless given. `only` names the templates to compile: the
    others may then hold mistakes. `mirrored` adds the locale ar-XB (mirrored.py), which nothing deployed has.

    The result depends on the sources alone, byte for byte, so that a bundle's hash says whether they changed.
    Raises TemplateBuildError with every problem found; each template has then been rendered with its example
    in each of its locales, and looked at (see checks.py).
    """
    if target.exists() and any(target.iterdir()) and not (target / MANIFEST).is_file():
        raise TemplateBuildError([f"{target}: not a folder of compiled templates; name an empty one"])
    settings = Brand.read(brand or source.parent / "config" / "brand.toml")
    base = _read_folder(source / BASE, settings)
    folders = [
        _read_folder(source / name, settings) for name in template_names(source) if not only or name in only
    ]
    problems = [problem for folder in folders for problem in _check(folder, base, source)]
    if problems:
        raise TemplateBuildError(list(dict.fromkeys(problems)))  # each e-mail meets the base's problems anew
    if mirrored:
        base, *folders = (_mirrored(folder) for folder in (base, *folders))
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    _compile(folders, base, settings, source, target)
    # With some of the templates only, a text of the base that is not used may be used by the others.
    problems = [problem for folder in (folders if only else (base, *folders)) for problem in _unused(folder)]
    if problems:
        raise TemplateBuildError(problems)
    manifest = {
        "templates": {
            folder.name: {"locales": list(folder.catalogues), "html": HTML in folder.sources}
            for folder in folders
        },
    }
    (target / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", "utf-8")
    examples = Examples(source, target)
    found = [examples.check(folder.name) for folder in folders]
    # Rendering the examples loaded what was compiled; the bytecode of that is no part of the result.
    shutil.rmtree(target / "__pycache__", ignore_errors=True)
    if problems := [problem for one in found for problem in one.problems]:
        raise TemplateBuildError(problems)
    return [warning for one in found for warning in one.warnings]


def template_names(source: Path) -> list[str]:
    """Name the e-mails in a folder of templates, in order."""
    return [
        path.name
        for path in sorted(source.iterdir())
        if path.is_dir() and not path.name.startswith(("_", "."))
    ]


def _mirrored(folder: _Folder) -> _Folder:
    default = next(iter(folder.catalogues.values()))
    return replace(folder, catalogues={**folder.catalogues, mirroring.LOCALE: mirroring.mirror(default)})


def _read_folder(path: Path, brand: Brand) -> _Folder:
    files = [file for file in sorted(path.iterdir()) if file.suffix in (".txt", ".html")]
    locales = sorted(
        (path / "locales").glob("*.toml"), key=lambda file: (file.stem != brand.default_locale, file)
    )
    catalogues = {file.stem: Catalogue.read(file) for file in locales}
    return _Folder(path.name, {file.name: file.read_text("utf-8") for file in files}, catalogues)


def _check(folder: _Folder, base: _Folder, source: Path) -> list[str]:
    path = source / folder.name
    needed = [SUBJECT, TEXT, EXAMPLE]
    problems = [f"{path}: {name} is missing" for name in needed if not (path / name).is_file()]
    default = next(iter(base.catalogues))
    if default not in folder.catalogues:
        return [*problems, f"{path}: locales/{default}.toml is missing: it is the default locale"]
    for locale, catalogue in folder.catalogues.items():
        problems += compare(folder.catalogues[default], catalogue)
        if locale not in base.catalogues:
            problems.append(f"{source / BASE}: locales/{locale}.toml is missing, {folder.name} needs it")
        else:
            problems += compare(base.catalogues[default], base.catalogues[locale])
            twice = catalogue.texts.keys() & base.catalogues[locale].texts.keys()
            problems += [f"{catalogue.path}: {key} is in {BASE} already" for key in sorted(twice)]
    return problems


def _compile(folders: list[_Folder], base: _Folder, brand: Brand, source: Path, target: Path) -> None:
    inline_css, head_css = (
        fill_in((source / BASE / name).read_text("utf-8"), brand.css, f"{source / BASE / name}")
        for name in ("inline.css", "head.css")
    )
    styles = StyleInliner(inline_css, head_css, f"{source / BASE / 'inline.css'}")
    problems: list[str] = []
    for locale in base.catalogues:
        environment = _environment(locale)
        facts = _facts(brand, locale)
        for folder in (base, *(one for one in folders if locale in one.catalogues)):
            catalogues = [folder.catalogues[locale], base.catalogues[locale]]
            for file, content in folder.sources.items():
                name = f"{folder.name}/{file}"
                path = str(source / name)
                try:
                    styled = styles.inline(content, path) if is_html(name) else content
                    styled = styled.replace(HEAD_CSS, compact(head_css))
                    tree = environment.parse(styled, name, path)
                    inliner = Inliner(path, catalogues, facts, html=is_html(name))
                    inliner.visit(tree)
                    problems += [*_check_imports(tree, path), *inliner.problems]
                    tree.set_environment(environment)
                    key = f"{name}@{locale}"
                    code = environment.compile(tree, key, key, raw=True, defer_init=True)
                except TemplateSyntaxError as error:
                    problems.append(f"{path}: line {error.lineno}: {error.message}")
                except TemplateBuildError as error:
                    problems += error.problems
                else:
                    (target / ModuleLoader.get_module_filename(key)).write_text(code, "utf-8")
    if problems:
        raise TemplateBuildError(list(dict.fromkeys(problems)))


def _unused(folder: _Folder) -> list[str]:
    catalogues = list(folder.catalogues.values())
    used = {key for catalogue in catalogues for key in catalogue.used}
    default = catalogues[0]
    return [f"{default.path}: {key} is used by no template" for key in sorted(default.texts.keys() - used)]


def _environment(locale: str) -> MailEnvironment:
    environment = MailEnvironment(DictLoader({}), Formats(_tag(locale)))
    # Jinja would call a filter of a constant here, in the texts' locale; it leaves one that fails to send.
    environment.filters.update(dict.fromkeys(Formats(_tag(locale)).filters(), _only_at_send))
    return environment


def _only_at_send(*_: object) -> str:
    raise NotImplementedError  # on purpose: Jinja takes it as "not a constant"


def _tag(locale: str) -> LocaleTag:
    return parse_locale(locale) or LocaleTag(locale)


def _facts(brand: Brand, locale: str) -> dict[str, object]:
    direction = Formats(_tag(locale)).direction
    start, end = ("right", "left") if direction == "rtl" else ("left", "right")
    return {"brand": brand.facts(), "locale": locale, "direction": direction, "start": start, "end": end}


def _check_imports(tree: nodes.Template, file: str) -> list[str]:
    """Keep text and HTML apart: Jinja calls the result of a text macro safe when HTML asks for it."""
    problems: list[str] = []
    for node in tree.find_all((nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)):
        used = getattr(node, "template", None)
        if not isinstance(used, nodes.Const) or is_html(str(used.value)) != is_html(file):
            kind = "another .html file" if is_html(file) else "another .txt file"
            problems.append(f"{file}: line {node.lineno}: expected the plain name of {kind}")
    return problems
