"""Make the scripts of CCP4i2, tie them to jobs, watch them, and read their state."""

from __future__ import annotations

import re
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard
from uuid import UUID
from weakref import WeakMethod

from ccp4hooks.errors import BadInputError, UnknownTaskError, nearest
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import containers, error_report, patches, versions
from ccp4hooks.i2.recorded_values import note_defaults
from ccp4hooks.i2.safe_xml import require_plain_xml
from ccp4hooks.model import FinishStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from ccp4hooks.i2.protocols import Script


def task_table() -> dict[str, Any]:
    """Return CCP4i2's own table of tasks by name, not a copy."""
    from ccp4i2.core.tasks import TASKS  # noqa: PLC0415 - start-up time

    return TASKS  # type: ignore[no-any-return]


_loaders: list[WeakMethod[Callable[[], None]]] = []


def when_unknown(load: Callable[[], None]) -> None:
    """Call a method before a task counts as unknown: it may add tasks to the table.

    Args:
        load: A bound method. It is no longer called once its object is gone.
    """
    _loaders.append(WeakMethod(load))


def _load_tasks(task: str) -> None:
    """Let the open sessions add their tasks, until one has added the task."""
    for reference in list(_loaders):
        load = reference()
        if load is None:
            _loaders.remove(reference)
        elif task not in task_table():
            load()


def has_loaders() -> bool:
    """Return whether an object with a method that `when_unknown` has been given exists."""
    return any(reference() is not None for reference in _loaders)


def is_known(task: str) -> bool:
    """Return whether a task is in the table, without letting open sessions add theirs."""
    return task in task_table()


def require_task(task: str) -> None:
    """Refuse a task that does not exist. The tasks of the plugins of open sessions are loaded if necessary.

    Raises:
        UnknownTaskError: The task does not exist.
        BadInputError: A plugin provides the task, but the task cannot be used.
    """
    if task not in task_table():
        _load_tasks(task)
    if task in task_table():
        return
    from ccp4i2.core.tasks import get_import_error  # noqa: PLC0415 - start-up time

    reason = get_import_error(task)
    if reason:
        raise BadInputError(reason)
    raise UnknownTaskError(task, task_table())


def task_meant(text: str) -> str:
    """Return which task was meant, or how to list them, for CCP4i2's text about an unknown sub-task.

    Args:
        text: The text of an exception, or of an entry of an error report.

    Returns:
        One or two sentences; empty for any other text.
    """
    found = _UNKNOWN_SUB_TASK.search(text)
    if found is None:
        return ""
    near = nearest(found[1], task_table())
    meant = f"Did you mean {' or '.join(near)}?" if near else "`ccp4hooks tasks` lists all tasks."
    return f"There is no task {found[1]!r}. {meant}"


# Source: CPluginScript.makePluginObject in ccp4i2/core/CCP4PluginScript.py, ccp4i2 3.0.1 and 3.1.0a105
_UNKNOWN_SUB_TASK = re.compile(r"Plugin '([^']*)' not found in registry")


def require_batch_task(task: str) -> None:
    """Refuse a task that does not exist, or whose program is a window of CCP4i2's app.

    Raises:
        UnknownTaskError: The task does not exist.
        BadInputError: The task cannot be used, or works in a window.
    """
    require_task(task)
    if versions.is_interactive(task):
        raise BadInputError(
            f"The task {task!r} works in a window of the CCP4i2 app, which ccp4hooks cannot open. Run it in the app, "
            f"or with `i2run {task}` while the app is open."
        )


def script_class(task: str) -> Any:
    """Return a task's ``CPluginScript`` subclass.

    Raises:
        UnknownTaskError: The task does not exist.
        BadInputError: The module of the task cannot be imported.
    """
    from ccp4i2.core.tasks import get_import_error, get_plugin_class  # noqa: PLC0415 - start-up time

    require_task(task)
    found = get_plugin_class(task)
    if found is None:
        raise BadInputError(f"The task {task!r} cannot be imported here: {get_import_error(task)}.")
    return found


def build_script(task: str, title: str, directory: Path) -> Script:
    """Return a new script whose parameters have their default values. Some tasks write into `directory` at once.

    Raises:
        UnknownTaskError: The task does not exist.
        BadInputError: The module or the def file of the task cannot be read.
    """
    versions.remember_data_classes()
    patches.apply()

    def build() -> Script:
        script: Script = script_class(task)(workDirectory=str(directory), name=title or task)
        return script

    built = attempt(build)
    if isinstance(built, Failure):
        if isinstance(built.error, BadInputError):
            raise built.error
        raise BadInputError(f"The task {task!r} cannot be set up: {built.reason}.") from built.error
    note_defaults(built)
    wait_for_program(built)
    return built


def bind(
    script: Script, handler: object, *, uuid: str, number: str, directory: Path, project_name: str, project_uuid: str
) -> None:
    """Tie a script to its job: CCP4i2 resolves paths and reports its status through `handler` from now on."""
    script.setDbData(handler=handler, projectName=project_name, projectId=project_uuid, jobId=uuid)
    # With a job number, CCP4i2 writes outputs to the numbered directory, otherwise to the working directory.
    if Path(script.workDirectory).absolute() == directory.absolute():
        script.set_db_job_number(number)
    # ccp4hooks extracts the files; CCP4i2 must not do so a second time.
    script._tracked_by_track_job = True  # noqa: SLF001


@contextmanager
def binding_restored(script: Script) -> Iterator[None]:
    """Tie a script to its present handler and job again when the context ends."""
    names = ("_dbHandler", "_dbProjectName", "_dbProjectId", "_dbJobId", "_dbJobNumber", "_tracked_by_track_job")
    state = vars(script)
    before = {name: state[name] for name in names if name in state}
    try:
        yield
    finally:
        for name in names:
            state.pop(name, None)
        state.update(before)


def place(script: Script, *, uuid: str, directory: Path) -> None:
    """Assign a script to a job, and to its directory."""
    script.set_db_job_id(uuid)
    script.workDirectory = directory


def wait_for_program(script: Script) -> None:
    """Make a script's ``process()`` return only after its program has ended."""
    script.doAsync = False


def unbind(script: Script) -> None:
    """Detach a script from its job: it still resolves paths, and does not report."""
    script._dbJobId = None  # noqa: SLF001


def method(script: Script, name: str) -> Any:
    """Return one of a script's methods, bound."""
    return getattr(script, name)


def replace_method(script: Script, name: str, function: Any) -> Any:
    """Replace a method of one script and return the original."""
    original = method(script, name)
    # CData's own __setattr__ would make it a child.
    object.__setattr__(script, name, function)
    return original


def wrap_method(script: Script, name: str, function: Callable[..., Any]) -> None:
    """Replace a method of one script by a function that gets the original as its first argument."""
    original = method(script, name)
    replace_method(script, name, partial(function, original))


def watch_children(
    script: Script, function: Callable[[Script], None], titled: Callable[[str], AbstractContextManager[None]]
) -> None:
    """Call a function with every script that a script makes for a sub-job (``makePluginObject``).

    Args:
        script: The script.
        function: Called with each new script.
        titled: Returns the context in which a new script is made, for its title, which is empty if the script that
            makes it gives none. CCP4i2 opens the sub-job meanwhile, without its title.
    """

    def make(*arguments: Any, **options: Any) -> Any:
        with titled(str(options.get("pluginTitle") or options.get("name") or "")):
            child = original(*arguments, **options)
        if child is not None:
            note_defaults(child)
            function(child)
        return child

    original = replace_method(script, "makePluginObject", make)


def make_child(script: Script, task: str, title: str) -> Script | None:
    """Return a new script of a task that is part of a script, or None if CCP4i2 cannot make the new script.

    Args:
        script: The script.
        task: TASKNAME.
        title: Title of the sub-job; if empty, CCP4i2 names the script.
    """
    named = {"name": title} if title else {}
    child: Script | None = script.makePluginObject(task, **named)
    return child


def set_directory(script: Script, directory: Path) -> None:
    """Make a script run in a directory."""
    script.workDirectory = directory


def finish_status(reported: Any) -> FinishStatus | None:
    """Return the finish status that a script has reported, or None if it has reported none.

    Args:
        reported: A number, a name, an error report, or the dictionary of the signal ``finished``. Anything else counts
            as a failure, as in CCP4i2 3.1.
    """
    if isinstance(reported, dict):
        reported = reported.get("finishStatus")
    if reported is None:
        return None
    if error_report.is_report(reported):
        return error_report.step_finish(reported) or FinishStatus.SUCCEEDED
    known = FinishStatus.from_report(reported)
    return FinishStatus.FAILED if known is None else known


def reported_status(script: Script) -> FinishStatus | None:
    """Return the finish status that a script has set, or None if it has set none."""
    return finish_status(script.get_status())


def has_listeners(script: Script) -> bool:
    """Return whether a script's ``finished`` signal has listeners."""
    return int(script.finished.connection_count) > 0


def watch_progress(script: Script, function: Callable[[object], None]) -> None:
    """Call a function with each dictionary that a script sends by its signal ``progressUpdated``."""
    script.progressUpdated.connect(function)


def set_output_paths(script: Script, *, save: bool) -> None:
    """Set the path of every output file of a script in the job directory; the script may do so again.

    CCP4i2 writes the parameters of a script that has a job each time, and once more right after.

    Args:
        script: The script.
        save: Whether to write the parameters this time; they are not written from then on.
    """
    check = method(script, "checkOutputData")

    def quietly() -> Any:
        job, script._dbJobId = script._dbJobId, None  # noqa: SLF001
        try:
            return check()
        finally:
            script._dbJobId = job  # noqa: SLF001

    replace_method(script, "checkOutputData", quietly)
    (check if save else quietly)()


def save_parameters(script: Script, path: Path) -> None:
    """Write a script's parameters to a file that CCP4i2's GUI reads.

    Raises:
        OSError: The parameters could not be written.
    """
    report = script.saveDataToXml(str(path))
    problems = error_report.lines(report, 0)
    if problems:
        raise OSError(f"{path}: {problems[0][1]}")


def load_parameters(script: Script, path: Path) -> None:
    """Load a script's parameters from a file that CCP4i2 or `save_parameters` has written.

    Raises:
        BadInputError: The file cannot be read.
    """
    require_plain_xml(path)
    problems = error_report.lines(script.loadDataFromXml(str(path)), 0)
    if problems:
        raise BadInputError(f"{path} cannot be read as parameters of the task {task_name(script)!r}: {problems[0][1]}.")


def load_parameters_for_run(script: Script, path: Path) -> None:
    """Load the parameters with which a script is to run.

    The file may have values of performance indicators: the defaults, which CCP4i2 writes too, or those of the job of
    which this one is a copy. The task has not assigned any of them, so they count as never assigned.

    Raises:
        BadInputError: The file cannot be read.
    """
    load_parameters(script, path)
    outputs = dict(containers.children(script.container)).get("outputData")
    for _, obj in containers.walk(outputs, closed=("CDataFile",)):
        if containers.is_a(obj, "CPerformanceIndicator"):
            patches.forget_values(obj)


def rewrite_parameters(
    path: Path, *, number: str, project_name: str, names: Mapping[str, str], rewrite: Callable[[str], str]
) -> None:
    """Rewrite a file of parameters for a job of another number, in another project.

    Args:
        path: The file.
        number: The new job number.
        project_name: Name of the new project.
        names: New names of the files whose name changes, by the UUID of the file.
        rewrite: Returns the new text for the text of any element.

    Raises:
        BadInputError: The file declares entities.
    """
    from xml.etree import ElementTree as ET  # noqa: PLC0415 - start-up time

    require_plain_xml(path)
    tree = ET.parse(path)  # noqa: S314 - it declares nothing, see above
    header = {"jobNumber": number, "projectName": project_name}
    for element in tree.iter():
        element.text = header.get(element.tag) or rewrite(element.text or "")
    for element in tree.iter():
        name, base = names.get(element.findtext("dbFileId", "")), element.find("baseName")
        if name and base is not None:
            base.text = name
    tree.write(path, encoding="utf-8", xml_declaration=True)


def parent_script(script: Script) -> Script | None:
    """Return the script that a script is part of, or None for a top-level script."""
    return script.parent() if is_script(script.parent()) else None


def next_child_index(script: Script) -> int:
    """Return the index of the next sub-job of a script, from 1, and count it."""
    script._childJobCounter += 1  # noqa: SLF001 - the method that counts also makes the script
    return int(script._childJobCounter)  # noqa: SLF001


def is_script(obj: object) -> TypeGuard[Script]:
    """Return whether an object is a ``CPluginScript``, by the names of its classes; see `containers.is_a`."""
    return containers.has_class(obj, "CPluginScript")


def handler_of(script: Script) -> Any:
    """Return the database handler of a script, or None if it has none."""
    return script._dbHandler  # noqa: SLF001


def title_of(script: Script) -> str:
    """Return the name of a script, or an empty text if it has none."""
    return str(script.objectName() or "")


def background_program(script: Script) -> int | None:
    """Return the number of the program that a script has started in the background, or None if it has started none."""
    program: int | None = getattr(script, "_runningProcessId", None)
    return program if script.doAsync else None


def note_background_program(script: Script) -> None:
    """Note which program a script has started last in the background.

    A program that ends at once does so before CCP4i2 has noted its number; CCP4i2 then sees no failure of it.
    """
    if not script.doAsync:
        return
    from ccp4i2.core.async_process_manager import ASYNC_PROCESSMANAGER  # noqa: PLC0415 - start-up time

    processes = list(ASYNC_PROCESSMANAGER().processes.items())
    number = max((number for number, process in processes if _reports_to(process.handler, script)), default=None)
    if number is not None:
        script._runningProcessId = number  # noqa: SLF001


def _reports_to(handler: Any, script: Script) -> bool:
    """Return whether a method of this script is called when a program ends; CCP4i2 may keep its options beside it."""
    function = handler[0] if isinstance(handler, list) and handler else handler
    return getattr(function, "__self__", None) is script


def program_running(script: Script) -> bool:
    """Return whether the program that a script started in the background is still running."""
    program = background_program(script)
    if program is None:
        return False
    from ccp4i2.core.async_process_manager import ASYNC_PROCESSMANAGER  # noqa: PLC0415 - start-up time

    manager = ASYNC_PROCESSMANAGER()
    return program in manager.processes and manager.getJobData(program, "exitCode") is None


def check_exit(script: Script) -> int:
    """Return the finish status that a script derives from its program's exit."""
    return int(script.postProcessCheck()[0])


def job_uuid(script: Script) -> UUID | None:
    """Return the UUID of the job of a script, or None if the script has no job."""
    identity = script.get_db_job_id()
    return UUID(str(identity)) if identity else None


def report(script: Script, finish: int) -> int:
    """Make a script report its finish status to its handler and its listeners, and return the status."""
    return int(script.reportStatus(int(finish)))


def still_running(script: Script, result: Any) -> bool:
    """Return whether ``process()`` returned before the script's program ended."""
    if program_running(script):
        return True
    return bool(script.doAsync) and reported_status(script) is None and result in (None, FinishStatus.RUNNING)


def task_name(script: Script) -> str:
    """Return a script's TASKNAME, or an empty text if it has none."""
    return str(script.TASKNAME or "")


def task_version(script: Script) -> str:
    """Return the version that a task declares of itself, or an empty text if it declares none."""
    version = getattr(script, "TASKVERSION", None)
    return str(version) if isinstance(version, (str, int, float)) else ""


def split_columns(source: Path, columns: Sequence[str], target: Path) -> Path:
    """Write the named columns of an MTZ to a mini-MTZ with CCP4i2's own labels, and return its path.

    Raises:
        BadInputError: The columns do not form any kind of mini-MTZ.
    """
    from ccp4i2.lib.utils.formats.gemmi_split_mtz import gemmi_split_mtz  # noqa: PLC0415 - start-up time

    written = attempt(lambda: gemmi_split_mtz(source, f"/*/*/[{','.join(columns)}]", target))
    if isinstance(written, Failure):
        if isinstance(written.error, (AttributeError, TypeError)):
            raise written.error  # of a program, not of the file
        raise BadInputError(
            f"the columns {', '.join(columns)} of {source} do not make a data set that CCP4i2 knows: "
            f"{re.sub(r'^KeyError: ', 'their types are ', written.reason)}."
        ) from written.error
    return target.with_name(written.name)
