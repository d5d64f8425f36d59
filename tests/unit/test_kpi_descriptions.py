"""How KPIs are described by plugins and shown to people."""

import json

import pytest
from click.testing import CliRunner
from unit.samples import tiny

from ccp4hooks import BadInputError, Better, Kpi, KpiDescription, ProgramProgress
from ccp4hooks.cli import cli
from ccp4hooks.cli.commands import doctor
from ccp4hooks.cli.kpi_columns import kpi_columns
from ccp4hooks.queries.kpi_descriptions import KpiDescriptions


def names(*descriptions):
    return KpiDescriptions(by_key={one.key: one for one in descriptions})


FREE = KpiDescription(key="RFree", title="R-free", better=Better.LOWER, decimals=4, group="Refinement")
MEAN_B = KpiDescription(key="*.meanB", title="Mean B", unit="A^2", decimals=1)
CC = KpiDescription(key="CC", title="CC", better=Better.HIGHER, decimals=3, group="Phasing")


@pytest.mark.parametrize(
    ("key", "title"),
    [
        ("RFree", "R-free"),
        ("XYZOUT.meanB", "Mean B (XYZOUT)"),
        ("LIST[0].XYZOUT.meanB", "Mean B (LIST[0].XYZOUT)"),
        ("SECOND.RFree", "R-free (SECOND)"),
        ("diskUse", "diskUse"),
        ("XYZOUT.other", "XYZOUT.other"),
        ("meanB", "meanB"),
        ("RFree[12]", "R-free [12]"),
        ("XYZOUT.meanB[0]", "Mean B (XYZOUT) [0]"),
        ("diskUse[0]", "diskUse[0]"),
    ],
)
def test_the_title_of_a_key_is_that_of_its_description_or_the_key(key, title):
    described = names(FREE, MEAN_B)
    assert described.titles([key]) == {key: title}
    assert described.key(title) == key


def test_a_title_denotes_its_key_whatever_its_case():
    assert names(FREE).key("r-FREE") == "RFree"
    assert names(MEAN_B).key("mean b (XYZOUT)") == "XYZOUT.meanB"


def test_a_key_comes_before_a_title():
    work, every = KpiDescription(key="RFactor", title="R"), KpiDescription(key="R", title="R (all)")
    described = names(work, every)
    assert described.key("R") == "R"
    assert described.others_called("R") == ["RFactor"]
    assert described.key("r (all)") == "R"


def test_a_title_that_two_keys_have_is_shown_with_the_keys_and_denotes_neither():
    described = names(FREE, KpiDescription(key="free", title="R-free"))
    assert described.titles(["RFree", "free", "CC"]) == {"RFree": "R-free (RFree)", "free": "R-free (free)", "CC": "CC"}
    with pytest.raises(BadInputError, match=r"'R-free' is the title of several KPIs\. Use one of their keys: RFree, "):
        described.key("R-free")


def test_a_recorded_unit_comes_before_the_described_one():
    assert names(MEAN_B).unit(Kpi(key="XYZOUT.meanB", value=1.0, unit="nm^2")) == "nm^2"
    assert names(MEAN_B).unit(Kpi(key="XYZOUT.meanB", value=1.0)) == "A^2"


def test_the_kpis_of_a_group_are_shown_together():
    kpis = [Kpi(key=key, value=1) for key in ("RFree", "CC", "SECOND.RFree", "mine")]
    assert [kpi.key for kpi in names(FREE, CC).in_groups(kpis)] == ["RFree", "SECOND.RFree", "CC", "mine"]


def test_columns_have_titles_units_and_the_decimals_of_the_description():
    jobs = [
        [Kpi(key="RFree", value=0.255522), Kpi(key="a.meanB", value=20.06), Kpi(key="d", value=1.0, unit="A")],
        [Kpi(key="RFree", value=0.3), Kpi(key="d", value=1.0, unit="nm")],
    ]
    assert kpi_columns(jobs, ["RFree", "a.meanB", "d", "none"], names(FREE, MEAN_B)) == {
        "R-free": ["0.2555", "0.3000"],
        "Mean B (a) [A^2]": ["20.1", None],
        "d": ["1 A", "1 nm"],
        "none": [None, None],
    }


@pytest.mark.parametrize(
    ("key", "values", "best"),
    [
        ("RFree", [0.3, None, 0.2, 0.2], {2, 3}),
        ("CC", [0.3, 0.9, "text", True], {1}),
        ("RFree", [0.3, 0.3], set()),
        ("a.meanB", [20.0, 30.0], set()),
        ("mine", [1, 2], set()),
    ],
)
def test_the_best_values_are_known_if_the_description_says_which_are_better(key, values, best):
    assert names(FREE, CC, MEAN_B).best(key, values) == best


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"key": ""}, "its key has 0 characters"),
        ({"key": "*."}, "its key has 2 characters"),
        ({"key": "k" * 51}, "its key has 51 characters"),
        ({"title": " "}, "its title has 0 characters"),
        ({"title": "t" * 61}, "its title has 61 characters"),
        ({"better": "lower"}, "its better must be a Better or None, not str"),
        ({"decimals": -1}, "its decimals are -1; 0 to 15 are allowed"),
        ({"decimals": 1.5}, "its decimals must be a whole number, not float"),
        ({"unit": 3}, "its unit must be a text, not int"),
    ],
)
def test_a_faulty_description_is_left_out_with_the_reason(open_with, fields, why):
    def describe_kpis():
        yield KpiDescription(**{"key": "a", "title": "A"} | fields)
        yield FREE

    session = open_with("no:kpi", tiny=tiny(describe_kpis))
    assert list(session.kpi_descriptions.by_key) == ["RFree"]
    assert session.kpi_descriptions.by_key["RFree"].origin.plugin == "tiny"
    (problem,) = session.problems
    assert why in problem.message
    assert problem.origin.plugin == "tiny"


def test_a_plugin_that_cannot_describe_its_kpis_is_named_and_the_others_are_used(open_with):
    def describe_kpis():
        raise RuntimeError("no")

    session = open_with(tiny=tiny(describe_kpis))
    assert session.kpi_descriptions.titles(["RFree"]) == {"RFree": "R-free"}
    assert [str(one) for one in session.problems] == ["plugin 'tiny' failed in describe_kpis: RuntimeError: no [tiny]"]


def test_two_plugins_that_describe_a_key_differently_are_named_and_the_first_is_used(open_with):
    def describe_kpis():
        yield KpiDescription(key="RFree", title="Free R")
        yield KpiDescription(key="mine", title="Mine")

    session = open_with(tiny=tiny(describe_kpis), other=tiny(describe_kpis))
    (clash,) = session.kpi_descriptions.clashes
    assert str(clash) == (
        "The plugins 'kpi', 'other', 'tiny' describe the KPI 'RFree' differently. The description of 'kpi' is "
        "used. To use another one, disable a plugin with `-p no:kpi` or `-p no:other` or `-p no:tiny`."
    )
    assert session.kpi_descriptions.titles(["RFree", "mine"]) == {"RFree": "R-free", "mine": "Mine"}
    assert [one.exit_code for one in doctor.session_findings(session) if one.text == f"Warning: {clash}"] == [0]


def test_a_plugin_can_come_before_the_others(open_with):
    def describe_kpis():
        yield KpiDescription(key="RFree", title="Free R")

    session = open_with(tiny=tiny(describe_kpis, tryfirst=True))
    assert session.kpi_descriptions.titles(["RFree"]) == {"RFree": "Free R"}


def test_the_list_of_plugins_names_the_descriptions_that_differ(tmp_path, monkeypatch):
    (tmp_path / "our_names.py").write_text(
        "from ccp4hooks import KpiDescription, hookimpl\n"
        "@hookimpl\ndef describe_kpis():\n    yield KpiDescription(key='RFree', title='Free R')\n"
    )
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(cli, ["plugins", "--json", "-p", "our_names", "-p", "no:database"])
    clashes = {one["name"]: one["clashes"] for one in json.loads(done.stdout)}
    assert clashes["our_names"] == clashes["kpi"]
    assert clashes["our_names"][0].startswith("The plugins 'kpi', 'our_names' describe the KPI 'RFree' differently.")
    assert clashes["validation"] == []
    shown = CliRunner().invoke(cli, ["plugins", "-p", "our_names", "-p", "no:database"]).stdout
    assert shown.count("describe the KPI 'RFree' differently") == 2


@pytest.mark.parametrize(
    ("value", "text"), [(155.0, "155"), (12345678.0, "12345678"), (-2.0, "-2"), (0.25, "0.2500"), (2e9, "2.000e+09")]
)
def test_a_whole_number_of_a_running_program_has_no_decimals(value, text):
    assert KpiDescriptions().progress_text(ProgramProgress(values={"spots": value})) == f"spots {text}"


def test_a_number_of_a_running_program_has_the_decimals_of_its_description():
    progress = ProgramProgress(cycle=5, values={"RFree": 1.0, "*.meanB": 30.0, "XYZOUT.meanB": 20.05, "spots": 3.0})
    assert names(FREE, MEAN_B).progress_text(progress) == (
        "cycle 5, R-free 1.0000, Mean B 30.0, Mean B (XYZOUT) 20.1, spots 3"
    )
