"""How ``ccp4hooks describe`` shows a task."""

import pytest
from click import unstyle
from click.testing import CliRunner
from unit.samples import make_settings

from ccp4hooks import open_session
from ccp4hooks.cli import cli
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
        required=("inputData.XYZIN", "inputData.MODE"),
    )
    assert example(contents) == "ccp4hooks run wash XYZIN=xyzin.pdb 'MODE=HOT & COLD'"


@pytest.mark.parametrize(("plugins", "switch"), [((), ""), (("site",), "-p site "), (("no:kpi", "other"), "")])
def test_the_example_repeats_the_switch_without_which_the_task_is_unknown(plugins, switch):
    contents = TaskContents(
        task=TaskInfo(name="wash", title="", description="", needs_ccp4=False, plugin="site"), parameters=()
    )
    assert example(contents, plugins) == f"ccp4hooks {switch}run wash"


def test_the_example_has_each_item_of_a_list_and_each_member_that_is_asked_for():
    member = parameter("CELLS[0].a", minimum=0.0)
    contents = TaskContents(
        task=TaskInfo(name="wash", title="", description="", needs_ccp4=False),
        parameters=(
            parameter("XYZIN_LIST", is_list=True, is_file=True, required=True, extensions=("pdb",)),
            parameter("CELLS", is_list=True, required=True, members=(member,)),
        ),
        required=("inputData.XYZIN_LIST[0]", "inputData.XYZIN_LIST[1]", "inputData.CELLS[0].a"),
    )
    assert example(contents) == (
        "ccp4hooks run wash XYZIN_LIST=xyzin_list1.pdb XYZIN_LIST=xyzin_list2.pdb 'CELLS[0].a=0'"
    )


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


def test_what_can_be_set_of_an_input_file_is_shown_with_the_constants_of_its_class():
    def rows(*options):
        done = CliRunner().invoke(cli, ["describe", "refmac", *options], env={"COLUMNS": "300"})
        return [" ".join(line.split()) for line in done.stdout.splitlines()]

    shown = rows("--all")
    at = shown.index("* XYZIN PdbDataFile (pdb, cif, mmcif, ent) Atomic model")
    content, sub_type, selection = shown[at + 1 : at + 4]
    assert (content, selection) == (
        ".contentFlag Int >= 0 1 PDB, 2 MMCIF",
        ".selection.text String Selection of atoms, such as A/1-50",
    )
    names = "0 UNKNOWN, 1 MODEL, 2 HOMOLOG, 3 FRAGMENT, 4 HEAVY_ATOMS; required: 0, 1"
    assert sub_type == f".subType Int 0 0 | 1 | 2 | 3 | 4 {names}"
    few = rows()
    assert not any(row.startswith(".") for row in few)
    assert "What can be set of an input file, such as XYZIN.selection.text: use --all to show it." in few


def test_the_content_flags_that_a_parameter_requires_are_named():
    settings = make_settings()
    found = {one.path: one for one in open_session(settings).describe("molrep_mr").parameters}
    labels = {one.path: one.label for one in found["F_SIGF"].metadata}
    assert labels["F_SIGF.contentFlag"] == (
        "1 IPAIR, 2 FPAIR, 3 IMEAN, 4 FMEAN; required: 4, or what can be converted to it"
    )
    # All of them are accepted.
    found = {one.path: one for one in open_session(settings).describe("cphasematch").parameters}
    assert found["F_SIGF"].metadata[0].label == "1 IPAIR, 2 FPAIR, 3 IMEAN, 4 FMEAN"
    assert not any(one.metadata for one in found.values() if one.kind is ParameterKind.OUTPUT)


# --- on the screen ------------------------------------------------------------------------------------------------


def described(**environment):
    done = CliRunner().invoke(cli, ["describe", "freerflag"], env=environment)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_task_is_shown_as_tables_where_these_fit():
    rows = [line.split() for line in described().splitlines()]
    assert ["GEN_MODE", "String", "GEN_NEW", "GEN_NEW", "|", "COMPLETE"] in rows
    assert ["*", "F_SIGF", "ObsDataFile", "(mtz)", "Observed", "data"] in rows


def test_on_a_narrow_terminal_each_parameter_has_its_own_lines_of_which_none_is_folded():
    shown = unstyle(described(FORCE_COLOR="1", COLUMNS="60")).splitlines()
    assert max(map(len, shown)) <= 60
    at = shown.index("Inputs")
    assert shown[1:at] == [
        "Generate a Free R set for a complete set of reflection",
        "  indices to a given resolution (FreeRflag)",
        "Provided by ccp4i2. It names no program.",
        "",
    ]
    assert shown[at : at + 4] == [
        "Inputs",
        "* F_SIGF     ObsDataFile (mtz)  Observed data",
        "  FREERFLAG  FreeRDataFile (mtz, cif, ent)  Free R set",
        "",
    ]
    words = " ".join(" ".join(shown).split())
    assert " FRAC Float, default 0.05, >= 0 and <= 1 Fraction in freeR set " in words
    assert " RELATIVE_RESOLUTION String, default UNKNOWN, UNKNOWN | SAME | DATAHIGHER | FREERHIGHER " in words
