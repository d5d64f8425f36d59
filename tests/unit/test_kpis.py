"""The limits of a KPI, and the keys of KPIs that belong to a file."""

import pytest

from ccp4hooks import Kpi, kpi_key


@pytest.mark.parametrize(
    ("kpi", "why"),
    [
        (Kpi(key="", value=1), "0 characters"),
        (Kpi(key="k" * 51, value=1), "51 characters"),
        (Kpi(key="taken", value=1), "an earlier KPI of the job has the same key"),
        (Kpi(key="k", value="t" * 256), "256 characters"),
        (Kpi(key="k", value=float("nan")), "nan is not a finite number"),
        (Kpi(key="k", value=float("-inf")), "-inf is not a finite number"),
        (Kpi(key="k", value=None), "NoneType"),
        (Kpi(key=5, value=1), "key"),
    ],
)
def test_a_value_that_cannot_be_recorded_has_a_fault_that_gives_the_reason(kpi, why):
    assert why in kpi.fault({"taken"})


@pytest.mark.parametrize("value", [0, 0.0, False, "", "t" * 255, -1e308, 2**53, -(2**53)])
def test_a_value_within_all_limits_has_no_fault(value):
    assert Kpi(key="k" * 50, value=value).fault({"taken"}) == ""


def test_a_whole_number_too_large_for_any_column_has_a_fault():
    assert Kpi(key="k", value=10**400).fault(())


def test_the_keys_of_values_of_many_files_are_distinct_and_within_the_limit():
    long = "outputData.A_LIST_OF_FILES_WITH_A_VERY_LONG_NAME_INDEED"
    keys = {kpi_key(f"{long}[{index}]", "resolutionHigh") for index in range(100)}
    assert len(keys) == 100
    assert {len(key) for key in keys} == {50}
    assert kpi_key("outputData.XYZOUT", "meanB") == "XYZOUT.meanB"
