"""Continue a job that another process began, with its script recreated from the job directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import scripts
from ccp4hooks.jobs import lifecycle
from ccp4hooks.jobs.active_job import ActiveJob
from ccp4hooks.jobs.scripts.db_handler import JobHandler
from ccp4hooks.outcomes.job_traces import read_traces
from ccp4hooks.runtime import paths
from ccp4hooks.runtime.watchdog import scratch_directory

if TYPE_CHECKING:
    from pathlib import Path

    from ccp4hooks.i2.protocols import Script
    from ccp4hooks.jobs.job_tree import JobTree
    from ccp4hooks.model import Job


def resumed(tree: JobTree, job: Job) -> ActiveJob:
    """Return a job in the state in which its process left it, with its script if the script can be recreated."""
    found = read_traces(job)
    paths.make_job_directory(job)
    active = ActiveJob(tree.context, job)
    active.recovered = True
    script = attempt(load_script, tree, active)
    if isinstance(script, Failure):
        active.note(f"its outputs could not be read: {script.reason}")
    active.resume(found)
    tree.jobs[job.uuid] = active
    return active


def load_script(tree: JobTree, active: ActiveJob) -> None:
    """Recreate the script of a job from the parameters in the job directory.

    Raises:
        BadInputError: The task does not exist, or the parameters cannot be read.
    """
    job = active.job
    _build_script(tree, active, job.directory)
    loaders = {"params.xml": scripts.load_parameters, "input_params.xml": scripts.load_parameters_for_run}
    for name, load in loaders.items():
        if (job.directory / name).is_file():
            load(active.script, job.directory / name)
            # The parameters with which the script began do not contain the paths of its outputs.
            scripts.set_output_paths(active.script, save=False)
            return


def rebuilt_script(tree: JobTree, job: Job, parameters: Path) -> Script:
    """Return a script of a job with parameters from another file than those in the job directory.

    Raises:
        BadInputError: The task does not exist, or the parameters cannot be read.
    """
    active = ActiveJob(tree.context, job)
    with scratch_directory() as scratch:
        _build_script(tree, active, scratch)
    scripts.set_directory(active.script, job.directory)
    scripts.load_parameters(active.script, parameters)
    return active.script


def _build_script(tree: JobTree, active: ActiveJob, directory: Path) -> None:
    """Build the script of a job, which may write into a directory meanwhile, and tie it to the job."""
    active.script = scripts.build_script(active.job.task, active.job.title, directory)
    lifecycle.bind(active, JobHandler(tree, active.job.project, active.journal))
