"""The reference page of the values describes each public dataclass and enumeration of the model."""

from importlib import import_module
from pathlib import Path

from ccp4hooks.reference import values as reference_values

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "values.md"


def test_the_page_of_the_values_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == reference_values.page(), reference_values.__doc__


def test_each_value_is_public_in_the_module_that_the_page_names():
    for module, kinds in reference_values.values().items():
        assert {kind.__name__ for kind in kinds} <= set(import_module(module).__all__)
