"""A session's care for its books: recovery after a crash, and replay of outcome files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from ccp4hooks.errors import BadInputError, StoreUnavailableError
from ccp4hooks.jobs.active_job import Life
from ccp4hooks.jobs.runner import gathered
from ccp4hooks.maintenance import adoption, foreign_job, recovery
from ccp4hooks.maintenance import cancel as maintenance_cancel
from ccp4hooks.maintenance import reglean as maintenance_reglean
from ccp4hooks.maintenance.session_steps import Steps
from ccp4hooks.model import Outcome, Severity
from ccp4hooks.model.jobs import JobRequest, JobStatus
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.plugins.dispatcher import Failure, attempt, off_loop
from ccp4hooks.runtime import stdio

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from uuid import UUID

    from ccp4hooks.model import Job, OwnedJob, Project

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceResult:
    """What was done for the books.

    Attributes:
        outcomes: Of the jobs that were brought to their end, or recorded again.
        problems: What could not be done, one line each.
    """

    outcomes: tuple[Outcome, ...] = ()
    problems: tuple[str, ...] = ()


class Keeper(Steps):
    """The books, and care for them."""

    def recover(self, project: Project | None = None) -> MaintenanceResult:
        """Bring the jobs to a true end whose process is gone.

        One with an outcome file is recorded as that says. Any other becomes INTERRUPTED; its outputs are gleaned as far
        as they are there. A job whose process is alive is left alone, as is one on another machine that was heard of
        lately.

        Args:
            project: For its jobs only; None for those of all projects.

        Raises:
            StoreError: The books cannot be read, or nothing can be written there at present.
        """
        return off_loop(self._recover, project)

    def cancel(self, project: Project, number: str) -> Outcome:
        """Stop a job that another process of this machine runs, or that waits to be run; return what is known of it.

        Its programs end, and it becomes INTERRUPTED, unless it has come to another end meanwhile. A job that waits is
        marked INTERRUPTED, and no process is signalled.

        Args:
            project: The project.
            number: A job at top level.

        Raises:
            UnknownNameError: No such job.
            BadInputError: It has ended, runs on another machine, shares its process with others, or does not end.
        """
        return off_loop(self._cancel, project, number)

    def _cancel(self, project: Project, number: str) -> Outcome:
        maintenance_cancel.require_top_level(number)
        held = self._held(project)
        owned = next((one for one in held if one.job.number == number), None)
        if owned is None:
            return self._cancel_waiting(self.outcomes(project, number)[0])
        maintenance_cancel.require_stoppable(owned, held)
        if owned.alive:
            maintenance_cancel.stop(owned)
        # A process that had no time to record its job.
        self._recover(project)
        return self.outcomes(project, number)[0]

    def _cancel_waiting(self, known: Outcome) -> Outcome:
        """Mark a job that no process owns as INTERRUPTED; it is claimed first, so that nobody runs it meanwhile."""
        maintenance_cancel.require_waiting(known)
        job = self.claim(known.job.uuid)
        run = self._new_run(job.project, None)
        life = Life(run, None, job)
        life.claimed = True
        life.resume(known.created_at, None)
        life.note("The job was cancelled before it ran.", severity=Severity.INFO)
        ended = life.end(None, JobStatus.INTERRUPTED)
        gathered(run, ended)
        return self.outcomes(job.project, job.number)[0]

    def claim(self, uuid: UUID, *, again: bool = False) -> Job:
        """Take over a job that was opened earlier and has not run, so that nobody else runs it.

        Raises:
            BadInputError: Nobody knows the job, it is running, or it has ended.
        """
        answer = self._dispatcher.first("claim_job", self._journal, uuid=uuid, again=again)
        if answer is None:
            raise BadInputError(f"No plugin knows a job of the identity {uuid}. `ccp4hooks jobs PROJECT` lists jobs.")
        return answer.value  # type: ignore[no-any-return]

    def recover_quietly(self, name: str) -> None:
        """Recover a project before something new is done in it; what goes wrong there stops nothing.

        Raises:
            StoreError: The books cannot be read or written; to go on would only be to wait for them once more.
        """
        known = off_loop(self._find_project, name)
        if known is not None:
            _unless_away(attempt(self.recover, known))

    def _recover(self, project: Project | None) -> MaintenanceResult:
        held = self._held(project)
        alive = [one.job for one in held if one.alive]
        lost = [one for one in held if not one.alive or recovery.written_outcome(one.job) is not None]
        lost = [one for one in lost if not recovery.is_entangled(one.job, alive)]
        # Sub-jobs first, as if their parents had closed them.
        lost.sort(key=lambda one: len(one.job.number.parts), reverse=True)
        outcomes: list[Outcome] = []
        problems: list[str] = []
        for one in lost:
            adoption.settle(one.job)
            if self._has_unknown(one.job):
                whole = self._replay(one.job.project, one.job.number)
                outcomes.extend(whole.outcomes)
                problems.extend(whole.problems)
                continue
            run = self._new_run(one.job.project, None)
            with stdio.output_dropped():
                ended = _unless_away(attempt(recovery.recovered, run, one))
            if isinstance(ended, Failure):
                problems.append(f"job {one.job.number} of {one.job.project.name}: {ended.reason}")
            else:
                outcomes.append(ended)
            problems.extend(run.not_recorded)
        noted = {file.path for one in held for file in recovery.traces(one.job).imported} if lost else set()
        for one in lost:
            recovery.remove_orphans(one.job, self._imports(one.job.project) | noted)
        self._clean_up(held, project)
        return MaintenanceResult(outcomes=tuple(outcomes), problems=tuple(problems))

    def _has_unknown(self, job: Job) -> bool:
        """Return whether a job has an outcome file and sub-jobs with one that the books do not know."""
        if recovery.written_outcome(job) is None:
            return False
        known = self._known_jobs(job.project, job.number)
        return any(one.job.uuid not in known for one in self._read_files(job.project, job.number))

    def _imports(self, project: Project) -> set[Path]:
        """Return the imported files that the books know."""
        answer = self._dispatcher.first("read_outcomes", self._journal, project=project, number=None)
        return {file.path for one in answer.value for file in one.imported} if answer else set()

    def _clean_up(self, held: Sequence[OwnedJob], project: Project | None) -> None:
        busy = {one.job.project.uuid for one in held if one.alive}
        dead = {one.job.project.uuid: one.job.project for one in held}
        if project is not None:
            dead[project.uuid] = project
        for uuid, one in dead.items():
            if uuid not in busy and one.directory.is_dir():
                self._dispatcher.collect("clean_up", self._journal, project=one)

    def replay(self, project: Project, number: str | None = None) -> MaintenanceResult:
        """Record what the outcome files of a project say; done again, it changes nothing.

        A job that the books lack is added to them under its number.

        Args:
            project: The project.
            number: For one job and its sub-jobs; None for all.

        Raises:
            BadInputError: There is no such outcome file, or nobody keeps books.
            StoreError: The books cannot be read, or nothing can be written there at present.
        """
        return off_loop(self._replay, project, number)

    def _replay(self, project: Project, number: str | None) -> MaintenanceResult:
        self._require_books()
        told = self._read_files(project, number)
        if not told:
            which = f"job {number}" if number else "any job"
            raise BadInputError(f"There is no outcome file of {which} below {project.jobs_directory}.")
        known = self._known_jobs(project)
        jobs: dict[str, Job] = {}
        believed, problems = [], []
        for one in told:
            jobs[one.job.number] = one.job
            if known.get(one.job.uuid, one.job.number) != one.job.number:
                problems.append(f"job {one.job.number}: its outcome file has the identity of job {known[one.job.uuid]}")
                continue
            failure = None if one.job.uuid in known else _unless_away(attempt(self._adopt, one, jobs))
            if isinstance(failure, Failure):
                problems.append(f"job {one.job.number}: {failure.reason}")
            else:
                believed.append(one)
        # Parents last, as in life: one that has ended has all of its sub-jobs, also if this process goes.
        wrong = {one.job.uuid: recovery.recorded(self._new_run(project, None), one) for one in reversed(believed)}
        for one in believed:
            problems.extend(wrong[one.job.uuid])
        return MaintenanceResult(
            outcomes=tuple(one for one in believed if not wrong[one.job.uuid]), problems=tuple(problems)
        )

    def replay_all(self) -> MaintenanceResult:
        """Record what the outcome files of all projects say, of those in the projects directory, too.

        Raises:
            BadInputError: Nobody keeps books.
        """
        return off_loop(self._replay_all)

    def _replay_all(self) -> MaintenanceResult:
        self._require_books()
        projects = {one.directory.resolve(): one for one in (*self._on_disk(), *self.projects())}
        done = [self._replay(one, None) for one in projects.values() if any(outcome_file.below(one.jobs_directory))]
        return MaintenanceResult(
            outcomes=tuple(one for part in done for one in part.outcomes),
            problems=tuple(problem for part in done for problem in part.problems),
        )

    def adopt(self, directory: Path, project: str | Project) -> MaintenanceResult:
        """Take a job directory from another machine or project, or of a dry run that was kept, into a project.

        It becomes the next job: copied with its sub-jobs, identities and paths rewritten, the files that it imported
        brought in if the project it comes from has them still. Done again, it changes nothing.

        Args:
            directory: The job directory, or that of a project with one job only, as a dry run leaves it.
            project: Where to; by name, it is made if it does not exist.

        Raises:
            BadInputError: It has no outcome file that can be believed, lies in the project, or nobody keeps books.
        """
        return off_loop(self._adopt_directory, directory, project)

    def _adopt_directory(self, directory: Path, wanted: str | Project) -> MaintenanceResult:
        self._require_books()
        run = self._new_run(wanted, None)
        found = foreign_job.read_foreign(directory, run.project)
        uuid = foreign_job.identity_in(found.job, run.project)
        known = {one.job.uuid: one.job for one in self._known_outcomes(run.project)}.get(uuid)
        if known is None or not self._is_whole(known, found):
            if any(one.job.uuid == uuid and one.alive for one in self._held(run.project)):
                raise BadInputError(f"{directory} is being adopted by another process.")
            known = adoption.Adoption(run, found).carry_out(known)
        return self._replay(known.project, known.number)

    @staticmethod
    def _is_whole(known: Job, found: foreign_job.Foreign) -> bool:
        """Return whether a job was adopted before, to the end; one that recovery has ended on the way never ran."""
        told = recovery.written_outcome(known)
        return told is not None and (told.started_at is None) == (found.told[0].started_at is None)

    def reglean(self, project: Project, number: str) -> MaintenanceResult:
        """Glean a job that has ended, and its sub-jobs, once more with the plugins that are there now.

        What is known stays, with who gave it, unless a plugin gives another value. The outcome files are written anew
        and recorded; done again, it changes nothing.

        Args:
            project: The project.
            number: The job.

        Raises:
            BadInputError: One of them has not ended, has no outcome file, or its script cannot be made anew.
        """
        return off_loop(self._reglean, project, number)

    def _reglean(self, project: Project, number: str) -> MaintenanceResult:
        made, problems = [], []
        told = [maintenance_reglean.ended(one) for one in self.outcomes(project, number)]
        run = self._new_run(project, None)
        with stdio.output_dropped():
            pairs = [(one, maintenance_reglean.regleaned(run, one)) for one in told]
        for earlier, new in pairs:
            if new != earlier:
                outcome_file.write(new)
            wrong = recovery.recorded(run, new) if self._dispatcher.plan.get("job_finished") else []
            problems.extend(wrong)
            made.extend([] if wrong else [new])
        return MaintenanceResult(outcomes=tuple(made), problems=tuple(problems))

    def _held(self, project: Project | None) -> tuple[OwnedJob, ...]:
        answer = self._dispatcher.first("find_held", self._journal, project=project)
        return tuple(answer.value) if answer else ()

    def _require_books(self) -> None:
        if not self._dispatcher.plan.get("job_finished"):
            raise BadInputError("No plugin keeps books, so there is nowhere to record. `ccp4hooks plugins` says why.")

    def _known_outcomes(self, project: Project) -> tuple[Outcome, ...]:
        answer = self._dispatcher.first("read_outcomes", self._journal, project=project, number=None)
        return tuple(answer.value) if answer else self._read_files(project, None)

    def _known_jobs(self, project: Project, number: str | None = None) -> dict[UUID, str]:
        """Return the numbers of the jobs that the books know, by identity; see `replay`."""
        answer = self._dispatcher.first("read_outcomes", self._journal, project=project, number=number)
        return {one.job.uuid: one.job.number for one in answer.value} if answer else {}

    def _adopt(self, told: Outcome, jobs: dict[str, Job]) -> None:
        """Add a job to the books that has run without them."""
        parent = jobs.get(told.job.number.parent or "")
        request = JobRequest(
            uuid=told.job.uuid,
            task=told.job.task,
            title=told.job.title,
            project=told.job.project,
            parent=parent,
            number=told.job.number,
            owned=True,
            adopted=True,
            created_at=told.created_at,
            started_at=told.started_at,
        )
        self._dispatcher.first("open_job", self._journal, request=request)


def _unless_away(done: T | Failure) -> T | Failure:
    """Return what was done, or why not.

    Raises:
        StoreUnavailableError: The database is away, so what follows would fail as well, and wait for it each time.
    """
    if isinstance(done, Failure) and isinstance(done.error, StoreUnavailableError):
        raise done.error
    return done
