"""What to cite for jobs: the references of their tasks, each publication once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccp4hooks.i2.references import references
from ccp4hooks.model import Citation, CitedWork, JobStatus

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccp4hooks.model import Job, JobSummary, Outcome


def cited_works(jobs: Iterable[Outcome | JobSummary]) -> tuple[CitedWork, ...]:
    """Return what is to be cited for the FINISHED ones of jobs and sub-jobs, in the order in which they need it.

    Args:
        jobs: The jobs with their sub-jobs, in the order of their numbers.
    """
    needed: dict[str, tuple[Citation, list[Job]]] = {}
    for one in jobs:
        if one.status is JobStatus.FINISHED:
            for citation in references(one.job.task):
                needed.setdefault(citation.key, (citation, []))[1].append(one.job)
    return tuple(
        CitedWork(
            citation=citation,
            tasks=tuple(dict.fromkeys(job.task for job in users)),
            jobs=tuple(job.number for job in users),
        )
        for citation, users in needed.values()
    )
