"""The plugin `validation` keeps what the test kit asks of every rule."""

import pytest

from ccp4hooks.testing import RuleContract, sample
from ccp4hooks_validation import ValidationPlugin


class TestRule(RuleContract):
    plugin = ValidationPlugin
    name = "validation"


class TestRuleOnReflections(RuleContract):
    plugin = ValidationPlugin
    name = "validation"
    task = "freerflag"
    values = {"F_SIGF": sample("mtz")}  # noqa: RUF012 - as an author writes it
    test_importing_it_loads_little = None  # it is the same plugin

    @pytest.fixture(autouse=True)
    def _refused(self, monster_mtz):
        self.refused = ({"F_SIGF": monster_mtz},)

    def options(self, directory):
        return {"strict": True}
