"""The descriptions of CCP4i2's performance values."""

import inspect
from importlib import import_module

import pytest
from ccp4i2.core import CCP4PerformanceData

import ccp4hooks_kpi
import ccp4hooks_model_stats
import ccp4hooks_reflection_stats
from ccp4hooks.cdata import kpi_labels
from ccp4hooks.i2 import versions

DESCRIBED = {one.key: one for one in ccp4hooks_kpi.describe_kpis()}

OF_TASKS = (
    "ccp4i2.wrappers.pandda_campaign.script.pandda_campaign_types",
    "ccp4i2.wrappers.pandda_events.script.pandda_events_types",
)
"""Modules with performance values of tasks of their own, in CCP4i2 3.1."""


def indicators():
    modules = [CCP4PerformanceData, *([] if versions.is_3_0() else map(import_module, OF_TASKS))]
    kinds = [kind for module in modules for kind in vars(module).values() if inspect.isclass(kind)]
    return {kind for kind in kinds if issubclass(kind, CCP4PerformanceData.CPerformanceIndicator)}


def test_every_performance_value_of_ccp4i2_is_described():
    found = {child.objectName() for kind in indicators() for child in kind(name="PERFORMANCE").children()}
    assert len(found) > 30
    assert found - DESCRIBED.keys() == set()


def test_titles_are_those_of_ccp4i2_where_it_has_some():
    for key, label in kpi_labels().items():
        assert label in (DESCRIBED[key].title, f"{DESCRIBED[key].title} (Å)", f"{DESCRIBED[key].title} (°)") or (
            label == f"{DESCRIBED[key].title} (s)"
        )
    assert bool(kpi_labels()) is not versions.is_3_0()


def test_titles_differ():
    titles = [one.title for one in DESCRIBED.values()]
    assert len(titles) == len(set(titles))


@pytest.mark.parametrize("key", ["RFree", "highResLimit", "RMSAngle", "nAtoms"])
def test_descriptions_have_units_decimals_and_groups(key):
    one = DESCRIBED[key]
    assert (one.title, one.unit, one.better and one.better.value, one.decimals, one.group) == {
        "RFree": ("R-free", "", "lower", 4, "Refinement"),
        "highResLimit": ("High resolution", "A", "lower", 2, "Data"),
        "RMSAngle": ("RMS angle", "deg", None, 3, "Refinement"),
        "nAtoms": ("Atoms", "", None, None, "Model"),
    }[key]


@pytest.mark.parametrize("plugin", [ccp4hooks_model_stats, ccp4hooks_reflection_stats])
def test_each_statistic_of_a_file_is_described(plugin):
    described = list(plugin.describe_kpis())
    assert [one.key for one in described] == [f"*.{name}" for name in plugin.ABOUT]
    assert [one.unit for one in described] == [unit for unit, _ in plugin.ABOUT.values()]
