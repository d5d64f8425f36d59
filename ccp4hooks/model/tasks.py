"""A task: as a plugin brings it, and what it asks for and gives."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDescription:
    """A task that a plugin brings.

    Attributes:
        name: TASKNAME.
        title: For people.
        script: The ``CPluginScript`` subclass, as ``"package.module:Class"``, or the class itself.
        def_file: Its ``.def.xml``: an absolute path, or ``"package:path/in/it.def.xml"``.
        needs_ccp4: Whether it calls CCP4 programs.
        description: What it does, for people.
        report: The ``Report`` subclass that makes CCP4i2's page of a job, as `script`; empty if there is none.
        running_report: Whether that page can be made while the job runs.
        watched_file: The file in the job directory whose changes make that page anew; empty for CCP4i2's own choice.
    """

    name: str
    title: str
    script: str | type
    def_file: str | Path
    needs_ccp4: bool = True
    description: str = ""
    report: str | type = ""
    running_report: bool = False
    watched_file: str = ""


class ParameterKind(enum.Enum):
    """What a parameter is for."""

    INPUT = "input"
    OUTPUT = "output"
    CONTROL = "control"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of a task.

    Attributes:
        path: Where it stands, without the container's name for inputs, outputs and control parameters:
            ``"F_SIGF"``, ``"prosmartProtein.TOGGLE"``.
        full_path: ``"inputData.F_SIGF"``.
        kind: What it is for.
        class_name: CData class, for instance ``"CObsDataFile"``, ``"CFloat"``.
        is_file: Whether it is a file.
        is_list: Whether it takes several values.
        required: Whether a job cannot run without it.
        default: Its default as text, empty if it has none.
        allowed: The values it is limited to, as text; empty if it is not.
        minimum: Lower bound of a number, None if there is none.
        maximum: Upper bound of a number, None if there is none.
        label: One line for people, empty if the task has none.
        file_type: MIME type of a file, else empty.
        extensions: Usual file name extensions of a file, without the dot.
    """

    path: str
    full_path: str
    kind: ParameterKind
    class_name: str
    is_file: bool = False
    is_list: bool = False
    required: bool = False
    default: str = ""
    allowed: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    label: str = ""
    file_type: str = ""
    extensions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskInfo:
    """One line about a task.

    Attributes:
        name: TASKNAME.
        title: For people.
        description: What it does, empty if nobody says.
        needs_ccp4: Whether it calls CCP4 programs.
        plugin: The plugin that brings it; ``"ccp4i2"`` for CCP4i2's own.
    """

    name: str
    title: str
    description: str
    needs_ccp4: bool
    plugin: str = "ccp4i2"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskContents:
    """A task with all its parameters, in the order in which its def file declares them."""

    task: TaskInfo
    parameters: tuple[Parameter, ...]
