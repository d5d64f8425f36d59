"""``ccp4hooks retry``: submit a job again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.commands.run import recover_before
from ccp4hooks.cli.commands.submit import write_submission
from ccp4hooks.cli.options import EXIT_CODES, json_option, project_option, start_session, takes_choices
from ccp4hooks.cli.subjects import JobCommand
from ccp4hooks.cli.targets import target_options
from ccp4hooks.runtime import signals
from ccp4hooks.runtime.sharing import keep_accessible_to_group

if TYPE_CHECKING:
    from ccp4hooks.cli.options import Choices
    from ccp4hooks.model import RunTarget


@click.command(
    "retry", cls=JobCommand, short_help="Submit a job again that has failed or was interrupted.", epilog=EXIT_CODES
)
@click.argument("job")
@target_options(alone="Default: the engine of the last attempt.")
@project_option
@json_option
@takes_choices
def command(choices: Choices, *, job: str, target: RunTarget | None, project: str | None, as_json: bool) -> None:
    """Submit job number JOB again, as a further attempt of the same job.

    The job must be FAILED or INTERRUPTED, or PENDING because it was opened to run later. It keeps its number, its
    parameters and its input files; its outcome file and its logs are kept in ccp4hooks_attempts/N of its directory.
    `ccp4hooks show` lists the attempts. `ccp4hooks rerun` runs the task as a new job instead.
    """
    signals.treat_termination_as_interrupt()
    session = start_session(choices.settings(target=target))
    session.require_store()
    found = session.project(project or session.settings.project)
    keep_accessible_to_group(found.directory)
    recover_before(session, found.name)
    made = session.retry(found, session.number_of(found, job), target=target)
    signals.let_finish()
    write_submission(made, as_json=as_json)
