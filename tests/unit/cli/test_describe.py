"""How ``ccp4hooks describe`` shows a task."""

import pytest

from ccp4hooks.cli.commands.describe import allowed_text, example, type_name
from ccp4hooks.model.tasks import Parameter, ParameterKind, TaskContents, TaskInfo


def parameter(path, kind=ParameterKind.INPUT, class_name="CFloat", **more):
    return Parameter(path=path, full_path=f"inputData.{path}", kind=kind, class_name=class_name, **more)


def test_the_example_has_all_required_inputs_quoted_for_the_shell():
    contents = TaskContents(
        task=TaskInfo(name="wash", title="", description="", needs_ccp4=False, plugin="site"),
        parameters=(
            parameter("XYZIN", is_file=True, required=True, extensions=("pdb", "cif")),
            parameter("MODE", required=True, allowed=("HOT & COLD", "COLD")),
            parameter("SOAP"),
            parameter("XYZOUT", kind=ParameterKind.OUTPUT, is_file=True, required=True),
        ),
    )
    assert example(contents) == "ccp4hooks -p site run wash XYZIN=xyzin.pdb 'MODE=HOT & COLD'"


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"allowed": ("A", "B")}, "A | B"),
        ({"minimum": 0.0, "maximum": 1.0}, ">= 0 and <= 1"),
        ({"minimum": 0.0}, ">= 0"),
        ({}, ""),
    ],
)
def test_allowed_values_and_bounds_are_shown(more, text):
    assert allowed_text(parameter("FRAC", **more)) == text


def test_a_list_of_files_shows_its_type_and_extensions():
    files = parameter("XYZIN_LIST", class_name="CPdbDataFile", is_list=True, is_file=True, extensions=("pdb", "cif"))
    assert type_name(files) == "[PdbDataFile] (pdb, cif)"
