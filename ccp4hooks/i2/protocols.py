"""CCP4i2's objects as ccp4hooks uses them: the attributes and methods that it relies on, and no others.

The names are CCP4i2's own. An object that has these members serves, whatever its class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path


class ValueState(Protocol):
    """Whether a value was set: the ``name`` is ``"NOT_SET"``, ``"DEFAULT"`` or ``"EXPLICITLY_SET"``."""

    name: str


@runtime_checkable
class DataObject(Protocol):
    """A ``CData``: a node in the tree of a script's parameters."""

    def objectName(self) -> str | None:  # noqa: N802 - CCP4i2's name
        """Return its name among the children of its parent."""

    def parent(self) -> Any:
        """Return the object that contains it, or None for the topmost object."""

    def children(self) -> Iterable[Any]:
        """Return its children in no fixed order."""

    def dataOrder(self) -> list[str]:  # noqa: N802
        """Return the names of its children in the order of declaration."""

    def isSet(self, *, allowDefault: bool = ...) -> bool:  # noqa: N802, N803
        """Return whether it has a value."""

    def getValueState(self) -> ValueState:  # noqa: N802
        """Return the state of its value."""

    def get_qualifier(self, name: str) -> Any:
        """Return one qualifier, or None if it has no qualifier with that name."""

    def set_qualifier(self, name: str, value: Any) -> None:
        """Set one of its own qualifiers."""

    def qualifiers(self) -> Mapping[str, Any] | None:
        """Return its own qualifiers."""

    def set(self, value: Any) -> None:
        """Give it a value."""


class SimpleValue(DataObject, Protocol):
    """A ``CInt``, ``CFloat``, ``CBoolean`` or ``CString``."""

    value: Any


class DataList(DataObject, Protocol):
    """A ``CList``."""

    def __len__(self) -> int:
        """Return how many items it has."""

    def __getitem__(self, index: int) -> Any:
        """Return an item."""

    def __iter__(self) -> Iterator[Any]:
        """Return its items, in order."""

    def makeItem(self) -> Any:  # noqa: N802
        """Return a new item, not yet in the list."""

    def append(self, item: Any) -> None:
        """Add an item."""


class Container(DataObject, Protocol):
    """A ``CContainer``: its parameters are attributes."""

    def __getattr__(self, name: str) -> Any:
        """Return a parameter."""


class DataFile(DataObject, Protocol):
    """A ``CDataFile``: a parameter that represents a file."""

    def getFullPath(self) -> object:  # noqa: N802
        """Return the path, as text or as something that has it as text."""

    def setFullPath(self, path: str) -> None:  # noqa: N802
        """Set the path."""

    def setContentFlag(self) -> None:  # noqa: N802
        """Read the content flag from the file."""


class ModelFile(DataFile, Protocol):
    """A ``CPdbDataFile``: a parameter that represents an atomic model."""

    def isMMCIF(self) -> bool:  # noqa: N802
        """Return whether the file is in mmCIF format."""


class ErrorReport(Protocol):
    """A ``CErrorReport``."""

    def getErrors(self) -> Iterable[Mapping[str, Any]]:  # noqa: N802
        """Return its entries, each with ``name``, ``details`` and ``severity``."""

    def getEtree(self) -> Any:  # noqa: N802
        """Return it as XML."""

    def append(self, **entry: Any) -> None:
        """Add an entry."""


class Signal(Protocol):
    """A signal of a script."""

    connection_count: int

    def connect(self, slot: Callable[[Any], None]) -> str:
        """Call a function with each value that is sent, and return an identifier of the connection."""


class Script(DataObject, Protocol):
    """A live ``CPluginScript``.

    Attributes:
        TASKNAME: The task that it runs.
        container: Its parameters: ``inputData``, ``outputData``, ``controlParameters``, ...
        errorReport: The errors and warnings that it has reported.
        commandLine: The arguments of its program.
        workDirectory: The directory that it runs in.
        doAsync: Whether ``process()`` returns before its program has ended.
        finished: The signal that it sends at its end.
        progressUpdated: The signal that it sends when its program has made progress.

    The names with an underscore have no public counterpart: its database handler, the UUID of its job, the number
    of sub-jobs that it has made, the number of the program that it has started in the background, and whether its
    runner extracts its files, so that CCP4i2 does not.
    """

    TASKNAME: str | None
    container: Container
    errorReport: ErrorReport  # noqa: N815
    commandLine: Sequence[object]  # noqa: N815
    workDirectory: Path  # noqa: N815
    doAsync: bool  # noqa: N815
    finished: Signal
    progressUpdated: Signal  # noqa: N815
    _dbHandler: Any  # noqa: N815
    _dbJobId: str | None  # noqa: N815
    _childJobCounter: int  # noqa: N815
    _runningProcessId: int  # noqa: N815
    _tracked_by_track_job: bool

    def process(self) -> Any:
        """Run the task; return a finish status or None."""

    def get_status(self) -> int | None:
        """Return the finish status that it has reported, or None if it has reported none."""

    def get_db_job_id(self) -> str | None:
        """Return the UUID of its job, or None if it has none."""

    def makePluginObject(self, taskName: str, **options: str) -> Any:  # noqa: N802, N803
        """Return a new script of a task that is part of this one, or None if it cannot be made."""

    def set_db_job_id(self, job_id: str) -> None:
        """Make it act for a job."""

    def set_db_job_number(self, number: str) -> None:
        """Tell it the number of its job."""

    def setDbData(self, *, handler: Any, projectName: str, projectId: str, jobId: str) -> None:  # noqa: N802, N803
        """Tie it to a database handler, a project and a job."""

    def validity(self) -> ErrorReport:
        """Return the errors of its parameters."""

    def saveDataToXml(self, path: str) -> ErrorReport:  # noqa: N802
        """Write its parameters."""

    def loadDataFromXml(self, path: str) -> ErrorReport:  # noqa: N802
        """Read its parameters."""

    def postProcessCheck(self) -> tuple[int, Any]:  # noqa: N802
        """Return the finish status that follows from the end of its program."""

    def reportStatus(self, finish: int) -> int:  # noqa: N802
        """Report its end, to the handler and to the listeners of its signal."""


class ScriptHandler(Protocol):
    """The part of a script's database handler that ccp4hooks itself calls."""

    def place(self, path: Path) -> tuple[str, str, str] | None:
        """Return (UUID of the project, directory in it, name) of a path, or None if it is outside."""
