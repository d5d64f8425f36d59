"""Tasks: the description that a plugin registers, and the parameters of a task."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ccp4hooks.model.citations import Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDescription:
    """A task that a plugin registers.

    Attributes:
        name: TASKNAME.
        title: Title for display.
        script: The ``CPluginScript`` subclass, as ``"package.module:Class"`` or as the class itself.
        def_file: The ``.def.xml`` file: an absolute path, or ``"package:path/in/package.def.xml"``.
        needs_ccp4: Whether the task calls CCP4 programs.
        description: Description for display.
        report: The ``Report`` subclass that makes the CCP4i2 report of a job, in the form of `script`; empty if there
            is none.
        running_report: Whether CCP4i2 can show the report while the job runs.
        watched_file: File in the job directory. A change of the file updates the report. Empty for CCP4i2's default.
        data_types: Modules with CData classes of the task's own, ``("package.module",)``, which its def file may name.
            They are imported when the task is registered.
        citations: What is to be cited for the task, and for the programs that it runs itself. What sub-jobs run is
            cited for their own tasks.
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
    data_types: tuple[str, ...] = ()
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DataType:
    """A data class of a plugin, which def files may name: a class of files, of performance values, or of parameters.

    What CCP4i2 itself asks of a class stands in the class: its ``mimeTypeName``, ``fileExtensions``, content flags and
    sub-types.

    Attributes:
        data_class: The CData subclass, as ``"package.module:Class"`` or as the class itself.
        read: Reads a file of the class, for the plugin ``validation``. It is called with the path of a file that is not
            empty, and raises an exception if the file cannot be read; its text tells the user why. None if the content
            is not checked.
    """

    data_class: str | type
    read: Callable[[Path], object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A task or a data class of plugins that cannot be used.

    Attributes:
        name: TASKNAME, or the name of the class.
        plugins: The plugins that offer it.
        reason: The fault, its place and the cure, in one line.
    """

    name: str
    plugins: tuple[str, ...]
    reason: str


class ParameterKind(enum.Enum):
    """The purpose of a parameter."""

    INPUT = "input"
    OUTPUT = "output"
    CONTROL = "control"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of a task.

    Attributes:
        path: Path of the parameter, for instance ``"F_SIGF"`` or ``"prosmartProtein.TOGGLE"``; without the container
            for inputs, outputs and control parameters.
        full_path: Path of the parameter with its container, for instance ``"inputData.F_SIGF"``.
        kind: Purpose of the parameter.
        class_name: CData class, for instance ``"CObsDataFile"`` or ``"CFloat"``; for a list, the class of its items.
        is_file: Whether the parameter is a file, or a list of files.
        is_list: Whether the parameter is a list.
        in_group: Whether the parameter is in a group of parameters, beside the inputs and the control parameters.
        required: Whether a job with no values asks for the parameter.
        default: Default value as text; empty if there is none.
        allowed: The only allowed values, as text; empty if there is no such restriction.
        minimum: Lower bound of a number; None if there is none.
        maximum: Upper bound of a number; None if there is none.
        label: Label for display, in one line; empty if there is none.
        file_type: MIME type of a file; empty for other parameters.
        extensions: Usual file name extensions of a file, without the dot.
        members: For a list whose items have several values: the values of its first item, for instance
            ``"ASU_CONTENT[0].sequence"``.
        metadata: For an input file, or the first one of a list: what can be set besides its path, as far as its class
            has it: the content flag, the sub-type and a selection of atoms, for instance ``"XYZIN.selection.text"``.
    """

    path: str
    full_path: str
    kind: ParameterKind
    class_name: str
    is_file: bool = False
    is_list: bool = False
    in_group: bool = False
    required: bool = False
    default: str = ""
    allowed: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    label: str = ""
    file_type: str = ""
    extensions: tuple[str, ...] = ()
    members: tuple[Parameter, ...] = ()
    metadata: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program that a task names.

    Attributes:
        name: Name or path of the program, as the task gives it.
        path: Path at which it was found; None if it was not found.
    """

    name: str
    path: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskInfo:
    """A summary of a task.

    Attributes:
        name: TASKNAME.
        title: Title for display.
        description: Description for display; empty if there is none.
        needs_ccp4: Whether the task is known to need CCP4: its plugin says so, or a program that it names was not found
            or belongs to the CCP4 installation, or a Python module that it imports is not installed. A task that is
            declared to be free of CCP4 does not need it.
        plugin: The plugin that registers the task; ``"ccp4i2"`` for a task of CCP4i2.
        programs: The programs that the task and the tasks that it starts name.
        missing_modules: Python modules that they import and that are not installed.
        computing_tasks: Those of them that compute the name of a program, so that it is not among `programs`.
        unavailable: Why the task cannot be run here in any case, in a sentence: it works in a window of the CCP4i2 app,
            or its script cannot be imported or runs nothing. Empty if it can be run.
        warnings: What has no effect in the def file of a plugin's task, one line each with the place and the cure. What
            `Session.describe` returns also has the content flags and sub-types that no file can have.
    """

    name: str
    title: str
    description: str
    needs_ccp4: bool
    plugin: str = "ccp4i2"
    programs: tuple[Program, ...] = ()
    missing_modules: tuple[str, ...] = ()
    computing_tasks: tuple[str, ...] = ()
    unavailable: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """The programs that were not found and the modules that are not installed, by name."""
        programs = (program.name for program in self.programs if program.path is None)
        return tuple(dict.fromkeys((*programs, *self.missing_modules)))


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskContents:
    """A task with all its parameters.

    Attributes:
        task: The task.
        parameters: The parameters, in the order of the def file.
        required: Full paths of the values that a job asks for if none is given, in the same order:
            ``"inputData.XYZIN_LIST[0]"``. Others may be asked for once these are given.
    """

    task: TaskInfo
    parameters: tuple[Parameter, ...]
    required: tuple[str, ...] = ()
