import shutil

import pytest

from postroad.authoring.golden import approve
from postroad.authoring.project import Project
from postroad.rendering.problems import TemplateBuildError

pytestmark = pytest.mark.slow

LOCALES = ("en", "es", "nl", "zh-Hans")


def files_of(template: str) -> list[str]:
    return sorted(f"{template}@{locale}.{part}" for locale in LOCALES for part in ("html", "txt"))


def test_each_mail_is_kept_in_each_locale_as_text_and_html(project: Project) -> None:
    done = approve(project)
    assert sorted(done.new) == files_of("order_confirmation")
    assert (done.changed, done.removed, done.unchanged) == ([], [], 0)
    text = (project.golden / "order_confirmation@es.txt").read_text("utf-8")
    assert text.startswith("Subject: Hemos recibido su pedido 1042\n\nHola, Ana Ruiz:\n")


def test_what_is_as_it_was_is_not_touched(project: Project) -> None:
    approve(project)
    path = project.golden / "order_confirmation@nl.txt"
    before = path.stat().st_mtime_ns
    texts = project.templates / "order_confirmation" / "locales" / "es.toml"
    texts.write_text(texts.read_text("utf-8").replace("Gracias por su pedido", "Muchas gracias"), "utf-8")
    done = approve(project)
    assert done.changed == ["order_confirmation@es.html"]
    assert (done.new, done.removed, done.unchanged) == ([], [], 7)
    assert path.stat().st_mtime_ns == before


def test_files_of_what_is_gone_are_removed(project: Project) -> None:
    shutil.copytree(project.templates / "order_confirmation", project.templates / "reminder")
    approve(project)
    shutil.rmtree(project.templates / "reminder")
    (project.templates / "order_confirmation" / "locales" / "nl.toml").unlink()
    gone = [*files_of("reminder"), "order_confirmation@nl.html", "order_confirmation@nl.txt"]
    assert approve(project).removed == sorted(gone)
    assert len(list(project.golden.iterdir())) == 6


def test_one_mail_is_approved_without_the_others(project: Project) -> None:
    approve(project)
    shutil.copytree(project.templates / "order_confirmation", project.templates / "reminder")
    (project.templates / "order_confirmation" / "body.txt").write_text("{% if %}", "utf-8")
    (project.golden / "reminder@fr.txt").touch()
    (project.golden / "deleted@en.txt").touch()
    done = approve(project, ["reminder"])
    assert sorted(done.new) == files_of("reminder")
    assert done.removed == ["deleted@en.txt", "reminder@fr.txt"]
    assert (project.golden / "order_confirmation@en.txt").is_file()


def test_nothing_is_written_where_something_is_wrong(project: Project) -> None:
    (project.templates / "order_confirmation" / "body.txt").write_text("{% if %}", "utf-8")
    with pytest.raises(TemplateBuildError):
        approve(project)
    assert list(project.golden.iterdir()) == []


def test_what_is_no_golden_file_stays(project: Project) -> None:
    (project.golden / "README.md").touch()
    (project.golden / "pictures@2x").mkdir()
    assert approve(project).removed == []
    assert (project.golden / "README.md").is_file()
    assert approve(project, ["order_confirmation"]).removed == []
