"""What every plugin that records jobs must do."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest

from ccp4hooks.failures import Failure, attempt
from ccp4hooks.model import FinishStatus, JobRequest, JobStatus, Kpi, Outcome
from ccp4hooks.testing.contracts.base import Contract, Plan, answers
from ccp4hooks.testing.contracts.interruptions import giving_way, killed_at, often_switched
from ccp4hooks.testing.kit import make_file, make_job

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path


AT = datetime(2026, 1, 2, tzinfo=timezone.utc)
"""The time at which everything in the jobs of the tests happens."""

THREADS, WAVES = 8, 5
"""How many threads record a job each at once, and how often."""

KILLS = 20
"""Maximum number of steps of a call at which it is ended."""

FAULTS_OF_RACES = (AttributeError, FileNotFoundError, LookupError, TypeError)
"""Exceptions of a call that no wait for another thread can cause."""


class SinkContract(Contract):
    """Test that a sink loses and doubles nothing: when it is called again or by several threads, killed, or cut off.

    Inherit from this class in a test module, in a class whose name begins with ``Test``. Set `plugin`, to a module or a
    class, so that it can be made anew, and let `options` name a place in the given directory.

    Attributes:
        plugin: See `Contract`.
        is_record: Whether the sink keeps a record. Of one that sends messages, which may be lost, not all is asked.
        heavy: See `Contract`.
        max_modules: See `Contract`.
    """

    is_record = True

    def recorded(self, directory: Path) -> Any:
        """Return what is recorded, as something that can be compared.

        Default: the answer of `read_outcomes` if the plugin has this hook, otherwise the lines of each file, sorted.

        Args:
            directory: The directory that `options` was given.
        """
        plan = self.loaded(directory)
        if plan.get("read_outcomes"):
            project = _outcomes(directory.parent)[0].job.project
            return [list(one) for one in answers(plan, "read_outcomes", project=project, number=None)]
        files = (path for path in sorted(directory.rglob("*")) if path.is_file())
        return {str(path.relative_to(directory)): sorted(path.read_bytes().splitlines()) for path in files}

    @contextmanager
    def unreachable(self, directory: Path) -> Iterator[None]:
        """Make the storage unreachable inside the block. Default: a file stands in place of the directory.

        Args:
            directory: The directory that `options` was given.
        """
        aside = directory.with_name(f"{directory.name}-aside")
        directory.rename(aside)
        directory.write_bytes(b"")
        try:
            yield
        finally:
            directory.unlink()
            aside.rename(directory)

    def test_it_is_a_sink(self, tmp_path: Path) -> None:
        """The plugin is loaded, implements `job_finished`, and something is recorded when that has returned."""
        plan, directory = self._started(tmp_path)
        assert plan.get("job_finished"), "the plugin does not implement job_finished"
        before = self.recorded(directory)
        self._run(plan, _outcomes(tmp_path))
        assert self.recorded(directory) != before, "nothing was recorded when job_finished had returned"

    def test_recording_twice_changes_nothing(self, tmp_path: Path) -> None:
        """The same outcomes are recorded again by the same process, and by another one, and nothing changes."""
        plan, directory = self._started(tmp_path)
        outcomes = _outcomes(tmp_path)
        self._run(plan, outcomes)
        first = self.recorded(directory)
        for again in (plan, self.loaded(directory)):
            self._finish(again, outcomes)
            assert self.recorded(directory) == first, "recording the same outcomes again has changed the record"

    def test_the_order_of_jobs_does_not_matter(self, tmp_path: Path) -> None:
        """The same is recorded in whatever order jobs end, and whether a sub-job is recorded before its parent."""
        outcomes, found = _outcomes(tmp_path), []
        for name, step in (("forwards", 1), ("backwards", -1)):
            plan, directory = self._started(tmp_path, name)
            self._begin(plan, outcomes)
            self._finish(plan, outcomes[::step])
            found.append(self.recorded(directory))
        assert found[0] == found[1], "what is recorded depends on the order in which the jobs have ended"

    def test_a_later_outcome_replaces_an_earlier_one(self, tmp_path: Path) -> None:
        """After a job was extracted again, its new outcome is recorded, and nothing is left of the earlier one."""
        outcomes = _outcomes(tmp_path)
        later = tuple(replace(one, kpis=(Kpi(key="RFree", value=0.125),)) for one in outcomes)
        plan, directory = self._started(tmp_path, "again")
        self._run(plan, outcomes)
        self._finish(plan, later)
        once, place = self._started(tmp_path, "once")
        self._run(once, later)
        assert self.recorded(directory) == self.recorded(place), "a later outcome must replace the earlier one"

    def test_jobs_of_two_projects_with_the_same_number_are_told_apart(self, tmp_path: Path) -> None:
        """Two projects have a job 1, and what is recorded of one is not lost when the other is recorded."""
        plan, directory = self._started(tmp_path)
        first, others = _outcomes(tmp_path), _outcomes(tmp_path, "other")
        second = tuple(replace(one, kpis=(Kpi(key="RFree", value=0.5),)) for one in others)
        self._run(plan, first)
        self._run(plan, second)
        both = self.recorded(directory)
        self._finish(plan, first)
        assert self.recorded(directory) == both, "the jobs of a project have replaced those of another one"

    def test_it_survives_being_killed_between_calls(self, tmp_path: Path) -> None:
        """Whenever a process is killed, a new one that records all jobs ends with a complete record."""
        whole, place = self._started(tmp_path, "whole")
        self._run(whole, _outcomes(tmp_path))
        wanted = self.recorded(place)
        # It is kept, because a plugin that is discarded could write what a killed process loses.
        killed = []
        for calls in range(len(_outcomes(tmp_path)) * 2):
            plan, directory = self._started(tmp_path, f"killed_{calls}")
            outcomes = _outcomes(tmp_path)
            self._run(plan, outcomes, most=calls)
            killed.append(plan)
            new = self.loaded(directory)
            self._open(new, outcomes)
            self._finish(new, outcomes)
            found = self.recorded(directory)
            assert found == wanted, f"the record is not complete after a process was killed after {calls} calls"

    def test_no_job_is_lost_while_the_storage_is_unreachable(self, tmp_path: Path) -> None:
        """An exception says that a job was not recorded; such jobs are recorded again when the storage is back."""
        plan, directory = self._started(tmp_path)
        outcomes = _outcomes(tmp_path)
        self._begin(plan, outcomes)
        with self.unreachable(directory):
            failed = [one for one in outcomes if self._fails(plan, one)]
        self._finish(plan, failed if self.is_record else outcomes)
        found = self.recorded(directory)
        # What was recorded is complete, so that recording all jobs changes nothing.
        self._finish(self.loaded(directory), outcomes)
        assert found == self.recorded(directory), (
            f"the storage could not be reached: {len(failed)} of {len(outcomes)} calls have raised an exception, and "
            "other jobs are not recorded either"
        )

    def test_no_job_is_lost_when_threads_record_at_once(self, tmp_path: Path) -> None:
        """Eight threads record a job each at once, several times, and no job is lost.

        A call may raise an exception because it has waited too long. The job is then recorded again, in another thread.
        """
        if not self.is_record:
            pytest.skip("messages may be lost")
        plan, directory = self._started(tmp_path)
        outcomes = _many(tmp_path, THREADS * WAVES)
        self._begin(plan, outcomes)
        for first in range(0, len(outcomes), THREADS):
            wave = outcomes[first : first + THREADS]
            self._finish_at_once(plan, wave)
            found = self.recorded(directory)
            self._finish(plan, wave)
            assert self.recorded(directory) == found, (
                f"jobs were lost when {THREADS} threads recorded them at once: use a transaction, or a lock around "
                "reading and writing"
            )

    def _finish_at_once(self, plan: Plan, outcomes: Sequence[Outcome]) -> None:
        """Record jobs at once, each in a thread of its own. Those that have failed are recorded one after the other."""
        barrier = Barrier(len(outcomes))

        def finish(outcome: Outcome) -> object:
            barrier.wait()
            with giving_way(sys.modules[self._module()]):
                return attempt(self._finish_one, plan, outcome)

        with often_switched(), ThreadPoolExecutor(len(outcomes)) as pool:
            found = list(pool.map(finish, outcomes))
        failures = [one for one in found if isinstance(one, Failure)]
        of_races = sorted({one.reason for one in failures if isinstance(one.error, FAULTS_OF_RACES)})
        assert of_races == [], f"threads that record at once are in each other's way: {'; '.join(of_races)}"
        again = [one for one, failed in zip(outcomes, found, strict=True) if isinstance(failed, Failure)]
        with ThreadPoolExecutor(1) as pool:
            failed = list(pool.map(partial(attempt, self._finish_one, plan), again))
        reasons = sorted({one.reason for one in failed if isinstance(one, Failure)})
        assert reasons == [], (
            f"a job cannot be recorded in a thread other than that of the plugin: {'; '.join(reasons)}"
        )

    def test_no_other_job_is_lost_when_a_call_is_killed(self, tmp_path: Path) -> None:
        """A process is killed while it records a job: what was recorded before stays, and another process goes on."""
        if not self.is_record:
            pytest.skip("messages may be lost")
        plan, directory = self._started(tmp_path)
        outcomes = _many(tmp_path, KILLS + 1)
        self._begin(plan, outcomes)
        self._finish_one(plan, outcomes[0])
        for step, one in enumerate(outcomes[1:]):
            killed = killed_at(step, partial(self._finish_one, plan, one))
            plan = self.loaded(directory)
            self._finish_one(plan, one)
            if not killed:
                break
        found = self.recorded(directory)
        self._finish(plan, outcomes[: step + 2])
        assert self.recorded(directory) == found, (
            "jobs that were recorded before were lost when a process was killed while it recorded another one: use a "
            "transaction, or write another file and rename it"
        )

    def _started(self, place: Path, name: str = "store") -> tuple[Plan, Path]:
        """Return the plugin as a new process has it, and a new directory in which it records."""
        directory = place / name
        directory.mkdir()
        return self.loaded(directory), directory

    def _run(self, plan: Plan, outcomes: Sequence[Outcome], most: int | None = None) -> None:
        """Make the calls of jobs that run one after the other, at most a number of them."""
        self._open(plan, outcomes)
        calls = [(call, one) for one in outcomes for call in (self._tell_running, self._finish_one)]
        for call, one in calls[:most]:
            call(plan, one)

    def _begin(self, plan: Plan, outcomes: Iterable[Outcome]) -> None:
        self._open(plan, outcomes)
        for one in outcomes:
            self._tell_running(plan, one)

    def _open(self, plan: Plan, outcomes: Iterable[Outcome]) -> None:
        """Open the jobs that a database does not know, as the core does; parents first."""
        if not plan.get("open_job"):
            return
        known = {
            one.job.uuid
            for outcome in outcomes
            for found in answers(plan, "read_outcomes", project=outcome.job.project, number=None)
            for one in found
        }
        jobs = {one.job.uuid: one.job for one in outcomes}
        for one in sorted(outcomes, key=lambda outcome: outcome.job.number.parts):
            job = one.job
            if job.uuid not in known:
                request = JobRequest(
                    uuid=job.uuid,
                    task=job.task,
                    title=job.title,
                    project=job.project,
                    owned=True,
                    parent=jobs[job.parent_uuid] if job.parent_uuid else None,
                    number=job.number,
                    replayed=True,
                    created_at=one.created_at,
                    started_at=one.started_at,
                )
                answers(plan, "open_job", request=request)

    def _tell_running(self, plan: Plan, outcome: Outcome) -> None:
        old, new = JobStatus.PENDING, JobStatus.RUNNING
        answers(plan, "job_status", job=outcome.job, old=old, new=new, uses=(), imported=())

    def _finish_one(self, plan: Plan, outcome: Outcome) -> None:
        answers(plan, "job_finished", job=outcome.job, outcome=outcome)

    def _finish(self, plan: Plan, outcomes: Iterable[Outcome]) -> None:
        for one in outcomes:
            self._finish_one(plan, one)

    def _fails(self, plan: Plan, outcome: Outcome) -> bool:
        return isinstance(attempt(self._finish_one, plan, outcome), Failure)


def _many(directory: Path, number: int) -> tuple[Outcome, ...]:
    """Return the outcomes of jobs that have ended well."""
    jobs = [make_job(directory / "project", number=str(one)) for one in range(1, number + 1)]
    return tuple(
        Outcome(
            job=job,
            status=JobStatus.FINISHED,
            finish=FinishStatus.SUCCEEDED,
            created_at=AT,
            started_at=AT,
            finished_at=AT,
            kpis=(Kpi(key="RFree", value=0.25),),
        )
        for job in jobs
    )


def _outcomes(directory: Path, name: str = "project") -> tuple[Outcome, ...]:
    """Return the outcomes of a pipeline, its sub-job and a job that has failed, in the order in which they end."""
    project = directory / name
    top, other = make_job(project), make_job(project, number="2", task="freerflag")
    below = replace(make_job(project, number="1.1"), parent_uuid=top.uuid)
    file = make_file(top, "XYZOUT.pdb", b"END\n")
    kpis = (Kpi(key="RFree", value=0.25), Kpi(key="spaceGroup", value="P 1"))

    def ended(job: Any, status: JobStatus, finish: FinishStatus, **fields: Any) -> Outcome:
        return Outcome(job=job, status=status, finish=finish, created_at=AT, started_at=AT, finished_at=AT, **fields)

    return (
        ended(below, JobStatus.FINISHED, FinishStatus.SUCCEEDED, kpis=kpis[:1]),
        ended(top, JobStatus.FINISHED, FinishStatus.SUCCEEDED, kpis=kpis, files=(file,)),
        ended(other, JobStatus.FAILED, FinishStatus.FAILED),
    )
