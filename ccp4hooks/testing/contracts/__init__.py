"""Tests that every plugin of a kind must pass, as classes to inherit from.

Inherit from a class in a test module, in a class whose name begins with ``Test``, and set its attributes.
"""

from ccp4hooks.testing.contracts.engine import EngineContract
from ccp4hooks.testing.contracts.gleaner import GleanerContract
from ccp4hooks.testing.contracts.rule import RuleContract
from ccp4hooks.testing.contracts.section import SectionContract
from ccp4hooks.testing.contracts.sink import SinkContract
from ccp4hooks.testing.contracts.task import TaskContract

__all__ = ["EngineContract", "GleanerContract", "RuleContract", "SectionContract", "SinkContract", "TaskContract"]
