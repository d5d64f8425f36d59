"""The hook specification: every hook, in the order of a job's life.

Five kinds of hook:

* *collect*: every implementation is asked, the answers are merged and tagged with the plugin that gave them;
* *first*: the first answer that is not None wins, the others are not asked;
* *notice*: every implementation is told, nothing is returned;
* *sink*: receives the merged whole; only a sink writes;
* *setup*: outside the life of a job.

An implementation may be ``def`` or ``async def``, and may take fewer arguments than the specification offers. Arguments
must be positional, without defaults. Wrappers are not allowed. What an exception does: in *collect*, *notice* and
*setup* hooks it is contained: it becomes a `Problem` that names plugin and hook and points to a traceback file, and all
other answers are kept. In `open_job` and `import_file` it stops the job before it runs; in `find_file` and
`find_import` the next plugin is asked; in the other *first* hooks and in `init_store` it is the error of whoever asked.
In a *sink* the outcome file already stands, the other sinks are called, and the job ends as "ran but not recorded".
`sys.exit()` counts as an exception; ``KeyboardInterrupt`` passes.

Where a hook gets `job`, it is a `Job`; `script` is the live ``CPluginScript``, the one mutable thing that is passed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from uuid import UUID

    from ccp4hooks.errors import Ccp4HooksError
    from ccp4hooks.model import (
        FileMetadata,
        FileQuery,
        FinishStatus,
        GleanedFile,
        ImportedFile,
        InputFile,
        Job,
        JobRequest,
        JobStatus,
        KnownFile,
        Kpi,
        Outcome,
        OwnedJob,
        Problem,
        Project,
        TaskDescription,
    )
    from ccp4hooks.settings import Settings

hookspec = pluggy.HookspecMarker("ccp4hooks")
hookimpl = pluggy.HookimplMarker("ccp4hooks")

CONTRACT_VERSION = "1.0"
"""Version of what is promised here; a plugin may state which it needs: ``ccp4hooks_requires = ">=1,<2"``.

The first number grows when an existing implementation may have to change, the second when a hook or an argument is
added.
"""


@hookspec
def configure(settings: Settings) -> None:
    """Take over the settings: setup, called once per plugin, right after it was registered.

    Not called for a plugin that is switched off. A plugin that raises here is "failed" and takes no part.

    Args:
        settings: All settings; ``settings.plugin(name, DataclassType)`` gives the plugin's own, typed.
    """


@hookspec
def init_store() -> Iterable[str]:
    """Create or upgrade what the plugin keeps data in: setup, called by ``ccp4hooks init`` only.

    Returns:
        One line of text for people per thing done.
    """


@hookspec
def examine() -> Iterable[str | Ccp4HooksError]:
    """Say how the plugin stands: setup, called by ``ccp4hooks doctor`` only. Must write nothing.

    Returns:
        One line of text for people per fact, and for each thing that is wrong the error that a job would end in.
    """


@hookspec
def list_projects() -> Sequence[Project] | None:
    """Return all known projects, oldest first: first. Must write nothing."""


@hookspec
def find_project(name: str | None, uuid: UUID | None) -> Project | None:
    """Return the project of that name or that identity, None if there is none: first. Must write nothing.

    Args:
        name: Its name; None if it is looked for by identity.
        uuid: Its identity; None if it is looked for by name.
    """


@hookspec
def read_outcomes(project: Project, number: str | None) -> Sequence[Outcome] | None:
    """Return what is recorded of a project's jobs, in the order of their numbers: first. Must write nothing.

    Args:
        project: The project.
        number: A job's number to get that job and its sub-jobs only; None for all jobs.

    Returns:
        An empty sequence if the project is known and has no such job, None if this plugin keeps no such records.
    """


@hookspec
def find_file(query: FileQuery) -> KnownFile | None:
    """Return the recorded file that is meant: first. Must write nothing.

    Called for files that are already in the project, and whenever CCP4i2 resolves a file's ``dbFileId``.
    """


@hookspec
def register_tasks() -> Iterable[TaskDescription]:
    """Return tasks to add to CCP4i2's own: collect, called once at start, before any task is looked up.

    Two plugins that bring tasks of one name, or with one script, and a plugin that brings a task of CCP4i2's name, are
    an error that names both: none of the plugins' is used, and whoever asks for the name is told so. A task whose
    description or def file has a fault is left out, too. All others are added.
    """


@hookspec
def pre_import(job: Job, script: Any) -> Iterable[Problem]:
    """Look at a job before its input files are touched: collect.

    Called once per job and sub-job, in a dry run too. For a job at top level nothing exists yet: no number, no row,
    no directory, so that a refusal leaves nothing behind.

    Args:
        job: The job; `number` is empty at top level.
        script: With all parameters set.

    Returns:
        Problems; one of severity `block` refuses the job. A bug in an implementation refuses nothing.
    """


@hookspec
def open_job(request: JobRequest) -> Job | None:
    """Give a job its number and directory: first. Not called in a dry run.

    The directory is made by the core afterwards. Where nobody answers, the core numbers by directory.

    Args:
        request: What is wanted; the job must have its `uuid`. For a sub-job the number is the parent's with
            ``.child_index`` appended, so that number and directory always agree.
    """


@hookspec
def claim_job(uuid: UUID, again: bool) -> Job | None:  # noqa: FBT001 - hooks take positional arguments
    """Take over a job that was opened earlier and has not run yet: first.

    Of several processes that claim one job at once, one gets it. From then on the job counts as running.

    Args:
        uuid: The job, opened by `open_job` or by CCP4i2 itself.
        again: Whether a job that has ended may run again.

    Returns:
        None if this plugin does not know the job. One that is running, or has ended, is a `BadInputError`.
    """


@hookspec
def find_held(project: Project | None) -> Sequence[OwnedJob] | None:
    """Return the jobs that are in some process's hands, or were when it went away: first. Must write nothing.

    Jobs that wait to be run, and jobs that have ended, are not among them.

    Args:
        project: The project; None for all.
    """


@hookspec
def clean_up(project: Project) -> None:
    """Remove what processes that are gone have left half done: notice, called while no job of the project is alive.

    Args:
        project: The project.
    """


@hookspec
def find_import(job: Job, md5: str, file_type: str) -> KnownFile | None:
    """Return the project's earlier import of the same content, None if there is none: first.

    Args:
        job: The job about to import.
        md5: Of the content, hexadecimal.
        file_type: MIME type; an import under another type does not count.
    """


@hookspec
def import_file(job: Job, file: InputFile, find: Callable[[str, str], KnownFile | None]) -> ImportedFile | None:
    """Bring one outside input file into the project: first, called once per outside file.

    Not called for files inside the project's directory, nor for those with `in_place`. In a dry run the project is
    one in a scratch directory. Where nobody answers, the script reads the file where it is. The copy must be on the
    disk when it is named; its name is flushed with all others, before anything is recorded.

    Args:
        job: The job, with number and directory.
        file: The file to bring in.
        find: Asks all plugins' `find_import` for (md5, file type).
    """


@hookspec
def post_execute(job: Job, script: Any, finish: FinishStatus | None) -> None:
    """Take notice that the process ended, however it ended: notice. Not called for a job that never ran.

    Args:
        job: The job.
        script: As the process left it.
        finish: What the script says; None if it raised or was interrupted.
    """


@hookspec
def glean_file(job: Job, script: Any, file: GleanedFile) -> FileMetadata | None:
    """Add to what is known of an output file: collect, called once per file of ``outputData`` that is set and exists.

    Also called for a job that failed. A later answer replaces fields of an earlier one; every field keeps its origin.

    Args:
        job: The job.
        script: The script.
        file: The file with what the core read off it.
    """


@hookspec
def glean_kpi(job: Job, script: Any) -> Iterable[Kpi | Problem]:
    """Return performance values of a finished job: collect, called once per job and sub-job, failed ones too.

    What cannot be recorded (not finite, key over 50 or text over 255 characters, a key that is taken) becomes a
    problem and costs no other value.
    """


@hookspec
def check_file(job: Job, file: ImportedFile | GleanedFile) -> Iterable[Problem]:
    """Judge a file once its metadata are merged: collect, called once per imported and per gleaned file.

    Returns:
        Problems; `block` for an imported file refuses the job, for a gleaned one it is reported and no more.
    """


@hookspec
def job_status(job: Job, old: JobStatus, new: JobStatus) -> None:
    """Record a change of status: sink, called at every change but the last, which `job_finished` carries."""


@hookspec
def job_withdrawn(job: Job, new_project: bool) -> None:  # noqa: FBT001 - hooks take positional arguments
    """Forget a job that was opened and could not be prepared: sink, called instead of `job_finished`.

    It never ran: a file could not be imported, or was refused. Its directory is gone by then.

    Args:
        job: The job, as `open_job` gave it; never a sub-job.
        new_project: Whether the project was made for it.
    """


@hookspec
def job_finished(job: Job, outcome: Outcome) -> None:
    """Record all that is known of a job: sink, called last, exactly once per job and sub-job.

    The outcome file is on disk by then. Must be idempotent: the same outcome twice changes nothing.
    """
