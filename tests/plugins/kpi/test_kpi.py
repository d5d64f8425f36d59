"""The plugin `kpi` on live scripts of CCP4i2."""

import pluggy
import pytest

import ccp4hooks_kpi
from ccp4hooks import hookimpl, make_script
from ccp4hooks.cdata import detect_zero_assignments, extract_kpi_values


@pytest.fixture
def script():
    return make_script("coordinate_selector")


def extracted(script):
    return {kpi.key: (kpi.value, kpi.indicator) for kpi in ccp4hooks_kpi.glean_kpi(script)}


def test_the_plugin_implements_three_hooks():
    manager = pluggy.PluginManager(hookimpl.project_name)
    manager.register(ccp4hooks_kpi, name="kpi")
    assert {caller.name for caller in manager.get_hookcallers(ccp4hooks_kpi)} == {
        "describe_kpis",
        "glean_kpi",
        "pre_import",
    }


def test_a_script_that_assigned_nothing_has_no_kpi(script):
    assert extracted(script) == {}


def test_values_that_were_assigned_become_kpis(script):
    indicator = script.container.outputData.NATOMS
    indicator.nAtoms.set(12)
    indicator.nResidues.set(0)
    indicator.annotation.set("")
    place = "outputData.NATOMS"
    assert extracted(script) == {"nAtoms": (12, place), "nResidues": (0, place)}


def test_exactly_zero_becomes_a_kpi(script):
    script.container.outputData.NATOMS.value.set(0.0)
    assert extracted(script) == {"value": (0.0, "outputData.NATOMS")}


def test_the_detection_of_zero_assignments_changes_no_value(script):
    indicator = script.container.outputData.NATOMS
    detect_zero_assignments(indicator)
    assert float(indicator.value) == 0.0
    assert extract_kpi_values(indicator) == {}
    indicator.value.set(1.5)
    detect_zero_assignments(indicator)
    assert extract_kpi_values(indicator) == {"value": 1.5}


def test_values_of_the_same_name_in_two_indicators_have_different_keys(script):
    outputs = script.container.outputData
    outputs.SECOND = type(outputs.NATOMS)(name="SECOND", parent=outputs)
    outputs.NATOMS.nAtoms.set(1)
    outputs.SECOND.nAtoms.set(2)
    assert extracted(script) == {"nAtoms": (1, "outputData.NATOMS"), "SECOND.nAtoms": (2, "outputData.SECOND")}
