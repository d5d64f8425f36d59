"""The page of the statistics describes each value as its KPI does."""

from pathlib import Path

import pytest

import ccp4hooks_model_stats
import ccp4hooks_reflection_stats

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "statistics.md"


@pytest.mark.parametrize("plugin", [ccp4hooks_model_stats, ccp4hooks_reflection_stats])
def test_the_page_has_each_value_with_its_unit_and_description(plugin):
    rows = [line.split("|")[1:4] for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    described = {name.strip(" `"): (unit.strip(), text.strip()) for name, unit, text in rows}
    assert {name: described[name] for name in plugin.ABOUT} == plugin.ABOUT
