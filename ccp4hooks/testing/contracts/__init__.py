"""Tests that every plugin of a kind must pass, as classes to inherit from.

Inherit from a class in a test module, in a class whose name begins with ``Test``, and set its attributes.
"""

# ruff: noqa: E402 - pytest must be told before it imports the modules.
import pytest

# Not all versions of pytest rewrite the assertions of a package that is installed in editable mode.
KINDS = ("base", "engine", "gleaner", "rule", "section", "sink", "task", "data_type")
pytest.register_assert_rewrite(*(f"{__name__}.{kind}" for kind in KINDS))

from ccp4hooks.testing.contracts.data_type import TypeContract
from ccp4hooks.testing.contracts.engine import EngineContract
from ccp4hooks.testing.contracts.gleaner import GleanerContract
from ccp4hooks.testing.contracts.rule import RuleContract
from ccp4hooks.testing.contracts.section import SectionContract
from ccp4hooks.testing.contracts.sink import SinkContract
from ccp4hooks.testing.contracts.task import TaskContract

__all__ = [
    "EngineContract",
    "GleanerContract",
    "RuleContract",
    "SectionContract",
    "SinkContract",
    "TaskContract",
    "TypeContract",
]
