"""The description of a fault."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault of CCP4i2's own tracking.

    Attributes:
        name: Name of the fault, in the names of the tests and on the page.
        topic: Heading of the fault on the page.
        theirs: Behaviour of CCP4i2, in one sentence.
        ours: Behaviour of ccp4hooks, in one sentence.
        scene: The scene that shows the fault.
        wrong: Whether an observation shows the fault; the same for both sides.
        database: ``"sqlite"`` or ``"postgresql"``.
        in_3_1: Whether CCP4i2 3.1 has the fault, too. Versions before 3.1 have every fault.
    """

    name: str
    topic: str
    theirs: str
    ours: str
    scene: str
    wrong: Callable[[dict], bool]
    database: str = "sqlite"
    in_3_1: bool = True

    @property
    def versions(self):
        """The versions that have the fault, as on the page."""
        return "3.0, 3.1" if self.in_3_1 else "3.0"


def topic(heading, faults):
    """Return a function that adds faults under a heading: (name, scene, wrong, theirs, ours)."""

    def add(name, scene, wrong, theirs, ours, **options):
        faults.append(Fault(name=name, topic=heading, scene=scene, wrong=wrong, theirs=theirs, ours=ours, **options))

    return add
