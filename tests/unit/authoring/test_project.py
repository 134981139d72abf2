import pytest

from postroad.authoring.project import NoProject, NoTemplate, Project


def test_a_project_is_found_from_any_folder_of_it(project: Project) -> None:
    inside = project.templates / "order_confirmation" / "locales"
    assert Project.find(project.root) == Project.find(inside) == project
    assert project.names() == ["order_confirmation"]


def test_a_folder_that_holds_no_templates_is_no_project(project: Project) -> None:
    with pytest.raises(NoProject):
        Project.find(project.root.parent)


def test_a_name_that_no_mail_has_is_answered_with_those_that_there_are(project: Project) -> None:
    project.check_name("order_confirmation")
    with pytest.raises(NoTemplate) as caught:
        project.check_name("_base")
    assert (caught.value.name, caught.value.known) == ("_base", ["order_confirmation"])
