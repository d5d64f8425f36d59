"""Submit a job to an engine, for the first time or again.

A job is opened, its files are imported and its parameters are written on the side that submits it. Only its identity
and the number of an attempt travel. The order of the records makes a submission safe at every moment:

1. The job is opened together with its first attempt, without a key. It is PENDING and owned by this process: if the
   process dies, recovery ends the job, and the same request finds it again by its fingerprint.
2. Its files are imported, its parameters written, and its log says that it is complete. Its imports are recorded. Then
   the engine is asked.
3. With the key of the engine, the job becomes QUEUED and has no owner.

The machine that runs the job begins the attempt of that number only, so that a job which was submitted again does not
run twice.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING

from ccp4hooks import hookspecs
from ccp4hooks.engines.carrying import pack
from ccp4hooks.engines.node_command import node_command, require_usable
from ccp4hooks.errors import BadInputError, Ccp4HooksError, StoreError
from ccp4hooks.failures import Failure
from ccp4hooks.failures import attempt as attempted
from ccp4hooks.jobs.runner import Known, proposed, track_claimed
from ccp4hooks.maintenance.context import SessionContext
from ccp4hooks.maintenance.engine_jobs import follow
from ccp4hooks.model import Attempt, Engine, Job, JobStatus, Needs, RecordsBy, Submission
from ccp4hooks.outcomes import attempt_files
from ccp4hooks.outcomes.attempt_files import keep_files
from ccp4hooks.outcomes.job_traces import read_traces
from ccp4hooks.queries import repeating
from ccp4hooks.settings import Settings

if TYPE_CHECKING:
    from ccp4hooks.i2.protocols import Script
    from ccp4hooks.jobs.job_tree import JobTree
    from ccp4hooks.jobs.runner import TaskRequest
    from ccp4hooks.jobs.tracking import Tracked
    from ccp4hooks.model import Project

AGAIN = (JobStatus.FAILED, JobStatus.INTERRUPTED)
"""The ends of a job after which it can be submitted again."""


def needs_of(engine: Engine, asked: Needs) -> Needs:
    """Return what a job needs: what its request says, else what the settings of the engine say."""
    return replace(engine.needs, **{name: value for name, value in asdict(asked).items() if value})


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitter:
    """Submits jobs to one engine.

    Attributes:
        context: The session.
        settings: The settings of the session.
        engine: The engine.
        needs: What each job needs.
        retries: How often a job that is interrupted is submitted again.
        portable: Whether the settings alone make the same session in another process.
        waits: Whether this process waits until the jobs have ended.
    """

    context: SessionContext
    settings: Settings
    engine: Engine
    needs: Needs
    retries: int
    portable: bool
    waits: bool

    def submit(self, tree: JobTree, request: TaskRequest, *, if_changed: bool) -> Submission:
        """Submit a task, and return its job and its attempt; see `Session.submit`."""
        require_usable(self.settings, self.engine, portable=self.portable, waits=self.waits)
        incomplete: list[Attempt] = []
        with proposed(tree, request, partial(self._find_same, incomplete) if if_changed else None) as found:
            if not isinstance(found, Known):
                number = 1 + (self._take_over(found, incomplete[0]) if incomplete else 0)
                send = partial(self._send, number, found.script)
                sent = found.submit(number, send, engine=self.engine.name, retries=self.retries)
                return Submission(job=found.job, attempt=sent)
        known = found.found
        return known if known.result is None else replace(known, result=replace(known.result, problems=found.problems))

    def _find_same(self, incomplete: list[Attempt], project: Project, fingerprint: str) -> Submission | None:
        """Return what makes a new job unnecessary: one that is FINISHED, or one that was submitted and has not ended.

        A job that was submitted and has failed or was interrupted is submitted again. Those whose process died before
        their files were imported and their parameters written are added to `incomplete`.
        """
        if not fingerprint:
            return None
        result = repeating.unchanged(self.context.queries, project, fingerprint)
        if result is not None:
            return Submission(job=result.outcome.job, result=result)
        for one in self.context.queries.attempts_like(project, fingerprint):
            if one.end is None:
                return Submission(job=one.job, attempt=one)
            if one.end in AGAIN and _is_complete(one.job):
                return self.submit_again(one.job, one)
            if one.end in AGAIN:
                incomplete.append(one)
        return None

    def _take_over(self, found: Tracked, last: Attempt) -> int:
        """Use a job whose input is not complete in place of a new one, and return the number of its latest attempt."""
        job = self.context.reopen(last.job.uuid)
        keep_files(job, last.number)
        found.take_over(job)
        return last.number

    def submit_again(self, job: Job, last: Attempt | None) -> Submission:
        """Submit a job again that has FAILED or was INTERRUPTED.

        Args:
            job: The job.
            last: Its latest attempt, or None.

        Raises:
            BadInputError: The job has another status, its parameters were never written, or the engine refuses it. Then
                it is INTERRUPTED.
        """
        require_usable(self.settings, self.engine, portable=self.portable, waits=self.waits)
        if not (job.directory / "input_params.xml").exists():
            raise BadInputError(
                f"The parameters of job {job.number} were never written, so it cannot be submitted. Submit its task "
                "again with the same values and `--if-changed`: if it was submitted before, it keeps its number."
            )
        number = 1 if last is None else last.number + 1
        reopened = self.context.reopen(job.uuid)
        keep_files(reopened, number - 1)
        tracked = track_claimed(self.context.new_tree(reopened.project), reopened, resubmits=True)
        first = "" if last is None else last.fingerprint
        sent = tracked.submit(number, lambda one, new: self._send(number, tracked.script, one, first or new))
        return Submission(job=job, attempt=sent)

    def _send(self, number: int, script: Script, job: Job, fingerprint: str) -> Attempt:
        """Record an attempt, submit the job, and record the key.

        Raises:
            BadInputError: The engine has refused the job, or its files cannot be carried there.
            Ccp4HooksError: The attempt cannot be recorded, or the engine did not say whether it has accepted the job.
        """
        new = Attempt(
            job=job,
            number=number,
            engine=self.engine.name,
            retries=self.retries,
            fingerprint=fingerprint,
            submitted_at=datetime.now(timezone.utc),
        )
        self._save(new)
        try:
            command = node_command(self.settings, self.engine, job, number)
            if self.engine.transfer is not None:
                pack(job, number, script)
            handle = self.context.engines.submit(self.engine, job, command, self.needs)
        except BadInputError:
            attempted(self._save, replace(new, ended_at=datetime.now(timezone.utc)))
            raise
        except Ccp4HooksError:
            # The engine may have accepted the job nevertheless.
            began = self._begun(new)
            if began is None:
                raise
            return began
        accepted = replace(new, key=handle.key)
        saved = attempted(self._save, accepted)
        if isinstance(saved, Failure):
            # Nobody could find the job again by its key.
            attempted(self.context.engines.stop, handle)
            raise saved.error
        return accepted

    def _begun(self, attempt: Attempt) -> Attempt | None:
        """Return an attempt that has begun, or None. Without the database, it does not begin any more then."""
        if self.engine.records is RecordsBy.BY_FILE and attempt_files.withdraw(attempt.job, attempt.number):
            return None
        follow(self.context, attempt.job.project)
        (*_, found) = self.context.queries.attempts([attempt.job.uuid])
        return None if found.began_at is None else found

    def _save(self, attempt: Attempt) -> None:
        call = self.context.dispatcher.call
        if call(hookspecs.save_attempt, self.context.queries.journal, attempt=attempt).value is None:
            raise StoreError(
                "No plugin records jobs, so none can be submitted: nobody would know what became of it. Enable the "
                "plugin `database`."
            )


def _is_complete(job: Job) -> bool:
    """Return whether the files of a job were imported and its parameters written."""
    return read_traces(job).request is not None
