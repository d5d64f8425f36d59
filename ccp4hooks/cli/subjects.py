"""What the commands about titles, notes and tags share: the job or the project that they are about."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.output import echo, note
from ccp4hooks.errors import UnknownNameError
from ccp4hooks.model import Job, JobNumber

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccp4hooks.model import Labels, Project
    from ccp4hooks.session import Session


class OneSubject(click.Command):
    """A command about one job or one project, which says how the other one is given if there are more words."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the arguments.

        Raises:
            click.UsageError: There are too many.
        """
        ctx.allow_extra_args = True
        extra = super().parse_args(ctx, args)
        if extra and not ctx.resilient_parsing:
            raise click.UsageError(f"Got unexpected extra argument ({extra[0]}). {self.cure(ctx, extra)}", ctx)
        return extra

    def cure(self, ctx: click.Context, extra: Sequence[str]) -> str:
        """Return how to give what the words may mean, as a sentence.

        Args:
            ctx: Has the arguments that the command takes.
            extra: The words after these.
        """
        raise NotImplementedError


class JobCommand(OneSubject):
    """A command about one job, its first argument."""

    def cure(self, ctx: click.Context, extra: Sequence[str]) -> str:
        """Return how a project is given, with the command if the first word may be one and the second is a job."""
        arguments = [one.name for one in self.params if isinstance(one, click.Argument) and one.name]
        first, second, *rest = *(str(ctx.params[name]) for name in arguments), *extra
        if names_a_job(first) or not names_a_job(second):
            return "A project is given by `--project NAME`."
        command = shlex.join(("ccp4hooks", str(ctx.info_name), second, *rest, "--project", first))
        return f"A project is given by --project, as in `{command}`."


class ProjectCommand(OneSubject):
    """A command about one project."""

    def cure(self, ctx: click.Context, extra: Sequence[str]) -> str:  # noqa: ARG002 - see the base class
        """Return which command shows a job."""
        return "The command is about a PROJECT; `ccp4hooks show JOB --project NAME` shows a job."


def job_of(session: Session, number: str, project: str | None) -> Job:
    """Return the job with a number in a project.

    Args:
        session: The session.
        number: Number of the job, or ``"@last"`` or ``"@TASK:last"``.
        project: Name of the project; None for the one in the settings.

    Raises:
        UnknownNameError: The project or the job does not exist.
    """
    found = session.project(project or session.settings.project)
    return session.outcomes(found, session.number_of(found, number))[0].job


def names_a_job(word: str) -> bool:
    """Return whether an argument is the number of a job, or ``"@last"`` or ``"@TASK:last"``."""
    return word.startswith("@") or JobNumber(word).is_valid


def note_if_number(project: Project) -> None:
    """Say how to name a project whose name looks like the number of a job."""
    if names_a_job(project.name):
        note(
            f"The name {project.name} looks like the number of a job. Name the project by `--project {project.name}`; "
            "`note` and `tag` take --is-project."
        )


project_flag = click.option(
    "--is-project", is_flag=True, help="JOB|PROJECT is the name of a project, although it looks like a number."
)


def subject_of(session: Session, name: str, project: str | None, *, is_project: bool) -> Job | Project:
    """Return the job with a number, or else the project with a name.

    Args:
        session: The session.
        name: Number of a job, or name of a project.
        project: Name of the project of the job; None for the one in the settings.
        is_project: Whether the name is that of a project, even if it is a number.

    Raises:
        click.UsageError: A project is named twice.
        UnknownNameError: The job or the project does not exist.
    """
    if is_project and project is not None:
        raise click.UsageError("--project names the project of a job; with --is-project, give only the name.")
    is_job = project is not None or names_a_job(name)
    if is_job and not is_project:
        return job_of(session, name, project)
    return session.project(name)


def project_and_jobs(session: Session, words: Sequence[str], project: str | None) -> tuple[Project, tuple[str, ...]]:
    """Return the project and the numbers of jobs that arguments of a command name: ``[PROJECT] [JOB]...``.

    Args:
        session: The session.
        words: The arguments.
        project: Name of the project in an option; None for the one in the settings, unless the arguments name one.

    Raises:
        UsageError: An argument is not the number of a job, or the project is given twice.
        UnknownNameError: The project does not exist.
    """
    named = words[:1] if words and not names_a_job(words[0]) else ()
    jobs = tuple(words[len(named) :])
    odd = [word for word in jobs if not names_a_job(word)]
    if odd:
        fault = f"{odd[0]!r} is not a job number such as 3 or 3.1."
        if is_project(session, odd[0]):
            fault += f" Give a project first, or by `{shlex.join(('--project', odd[0]))}`."
        raise click.UsageError(fault)
    if named and project is not None and project != named[0]:
        raise click.UsageError(f"PROJECT is {named[0]!r}, but --project is {project!r}. Give only one of them.")
    found = session.project(*named or (project or session.settings.project,))
    return found, tuple(session.number_of(found, job) for job in jobs)


def is_project(session: Session, name: str) -> bool:
    """Return whether there is a project with a name."""
    try:
        session.project(name)
    except UnknownNameError:
        return False
    return True


def write_labels(subject: Job | Project, labels: Labels, *, as_json: bool) -> None:
    """Write the labels of a job or a project as they are after a change."""
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json(labels)
        return
    from ccp4hooks.cli.listing import labels_line

    where = f"{subject.project.name} {subject.number} " if isinstance(subject, Job) else "Project"
    echo(f"{where} {labels.title}")
    if labels_line(labels):
        echo(labels_line(labels))
