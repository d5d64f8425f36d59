"""What the commands about titles, notes and tags share: the job or the project that they are about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccp4hooks.cli.output import echo
from ccp4hooks.model import Job, JobNumber

if TYPE_CHECKING:
    from ccp4hooks.model import Labels, Project
    from ccp4hooks.session import Session


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


def subject_of(session: Session, name: str, project: str | None) -> Job | Project:
    """Return the job with a number, or else the project with a name.

    Args:
        session: The session.
        name: Number of a job, or name of a project.
        project: Name of the project of the job; None for the one in the settings.

    Raises:
        UnknownNameError: The job or the project does not exist.
    """
    if project is not None or name.startswith("@") or JobNumber(name).is_valid:
        return job_of(session, name, project)
    return session.project(name)


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
