"""Run many tasks, a limited number of them at once, and pass their results on as they come."""

from __future__ import annotations

import sys
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from ccp4hooks.aio.requests import RunAnswer, RunRequest
from ccp4hooks.aio.tasks import in_own_thread, run_request_async
from ccp4hooks.errors import BadInputError, Ccp4HooksError, NotRecordedError, StoreError
from ccp4hooks.model import Problem, SavedParameters, Severity
from ccp4hooks.plugins.dispatcher import on_event_loop
from ccp4hooks.runtime import signals
from ccp4hooks.tasks import sweeps
from ccp4hooks.tasks.given_values import value_pairs
from ccp4hooks.texts import printable

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Task
    from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, Sequence
    from uuid import UUID

    from ccp4hooks.model import Progress, RunTarget
    from ccp4hooks.session import Session

TITLE_LENGTH = 100
"""Length of the longest title that a job of a sweep gets from its values [characters]."""


SHOWN_ROWS = 3
"""Number of rows that a message names for each wrong value."""


OnError: TypeAlias = Literal["yield", "raise"]
"""What becomes of the error of a request: a part of its answer, or raised."""


async def run_many(
    session: Session,
    requests: Iterable[RunRequest],
    *,
    limit: int,
    target: RunTarget | None = None,
    progress: Callable[[Progress], None] | None = None,
    on_error: OnError = "yield",
) -> AsyncGenerator[RunAnswer, None]:
    """Run tasks, and yield what became of each as soon as it has ended.

    A request that is invalid or refused does not affect the others, unless its error is to be raised. If the generator
    is closed or the awaiting task is cancelled, the running jobs become INTERRUPTED, and no other begins. Jobs that
    were submitted to an engine go on.

    Args:
        session: The plugins.
        requests: The tasks; each is taken from the iterable when it can begin.
        limit: The largest number of tasks that run at once, or that wait or run on the engine.
        target: The engine that runs the tasks, and what each needs there; None to run them in this process.
        progress: Called with the progress of each job, in its thread. A task in a process of its own has none.
        on_error: ``"yield"`` to yield the error of a request as `RunAnswer.error`, ``"raise"`` to raise the first one,
            with a note that names the request (Python 3.11 or newer). The generator then ends as if it were closed. A
            task that has run and FAILED is no error.

    Raises:
        BadInputError: The limit is less than 1, there is no such engine, or no such `on_error`.
        StoreError: The database cannot be used. The running jobs become INTERRUPTED.
        Ccp4HooksError: A request cannot run, or its job was not recorded, and `on_error` is ``"raise"``.
    """
    if on_error not in get_args(OnError):
        raise BadInputError(f"on_error is {on_error!r}. Give 'yield' or 'raise'.")
    async with aclosing(_answers(session, requests, limit, target, progress)) as answers:
        async for answer in answers:
            if answer.error is not None and on_error == "raise":
                raise _with_request(answer.error, answer.request)
            yield answer


def _with_request(error: Ccp4HooksError, request: RunRequest) -> Ccp4HooksError:
    if sys.version_info >= (3, 11):
        values = title_of(tuple((name, printable(value)) for name, value in request.values))
        error.add_note(f"The request: {printable(request.task)} {values}".rstrip())
    return error


async def _answers(
    session: Session,
    requests: Iterable[RunRequest],
    limit: int,
    target: RunTarget | None,
    progress: Callable[[Progress], None] | None,
) -> AsyncGenerator[RunAnswer, None]:
    import asyncio  # noqa: PLC0415 - start-up time

    if target is not None:
        from ccp4hooks.aio.engine_runs import EngineRuns  # noqa: PLC0415 - start-up time

        runs = EngineRuns(session=session, target=target, limit=limit, progress=progress).run(requests)
        while (answer := await in_own_thread(partial(next, runs, None))) is not None:
            yield answer
        return
    if limit < 1:
        raise BadInputError(f"{limit} jobs cannot run at once. Give 1 or more.")
    waiting = iter(requests)
    running: set[Task[RunAnswer]] = set()
    try:
        while True:
            while len(running) < limit and (request := next(waiting, None)) is not None:
                running.add(asyncio.ensure_future(_answered(session, request, progress)))
            if not running:
                return
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for one in done:
                yield one.result()
    finally:
        for one in running:
            one.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _answered(session: Session, request: RunRequest, progress: Callable[[Progress], None] | None) -> RunAnswer:
    try:
        result = await run_request_async(
            session,
            request.task,
            request.values,
            project=request.project,
            title=request.title,
            saved=request.saved,
            if_changed=request.if_changed,
            progress=progress,
        )
    except NotRecordedError as error:
        return RunAnswer(request=request, result=error.result, error=error)
    except StoreError:
        raise
    except Ccp4HooksError as error:
        return RunAnswer(request=request, error=error)
    return RunAnswer(request=request, result=result)


def sweep(  # noqa: PLR0913 - one per option
    session: Session,
    task: str,
    values: Mapping[str, Sequence[object]],
    *,
    project: str | UUID,
    table: Path | Iterable[Mapping[str, object]] = (),
    limit: int = 1,
    target: RunTarget | None = None,
    saved: SavedParameters | None = None,
    title: str = "",
    on_error: OnError = "yield",
) -> Iterator[RunAnswer]:
    """Run a task for each row of a table with each combination of values, and yield what became of each as it ends.

    A row for which the project has a FINISHED job with the same input is not run again: its result is that job. A sweep
    that was interrupted or killed is therefore continued by the same call. It must not be called on an event loop;
    use `run_many` there.

    Args:
        session: The plugins.
        task: TASKNAME.
        values: The values by parameter.
        project: Name or UUID of the project. A project that does not exist is created from its name.
        table: A file of comma-separated values, or its rows, each with the values by parameter.
        limit: The largest number of tasks that run at once.
        target: See `run_many`.
        saved: Parameters with which each job begins, or None.
        title: Title of each job; if empty, the values of its row that differ from row to row.
        on_error: See `run_many`.

    Raises:
        UnknownTaskError: The task does not exist.
        UnknownNameError: A parameter does not exist.
        BadInputError: The table cannot be read, there are more than 10,000 jobs, or values are wrong by the definition
            of their parameters. Whether a file can be used is known when its row begins: it stops no other row. Or the
            calling thread runs an event loop.
        StoreError: The database cannot be used. The running jobs become INTERRUPTED.
    """
    if on_event_loop():
        raise BadInputError(
            "`sweep` was called on an event loop, such as that of a Jupyter notebook, which it would block. "
            "Use `async for answer in run_many(session, requests, limit=...)`."
        )
    requests = sweep_requests(session, task, values, project=project, table=table, saved=saved, title=title)
    return in_turn(run_many(session, requests, limit=limit, target=target, on_error=on_error))


def sweep_requests(
    session: Session,
    task: str,
    values: Mapping[str, Sequence[object]],
    *,
    project: str | UUID,
    table: Path | Iterable[Mapping[str, object]] = (),
    saved: SavedParameters | None = None,
    title: str = "",
) -> list[RunRequest]:
    """Return the requests of a sweep, for `run_many`; see `sweep`."""
    read = sweeps.read_table(table) if isinstance(table, Path) else list(table)
    rows = sweeps.sweep_rows(values, read)
    _require_values(session, task, rows)
    make = partial(RunRequest, task=task, project=project, saved=saved, if_changed=True)
    return [
        make(values=row, title=title or title_of(part)) for row, part in zip(rows, special_parts(rows), strict=True)
    ]


def _require_values(session: Session, task: str, rows: Sequence[sweeps.Row]) -> None:
    """Refuse rows with values that their parameters can never have, all of them at once.

    Raises:
        UnknownTaskError: The task does not exist.
        UnknownNameError: A parameter does not exist.
        BadInputError: There are such rows.
    """
    faults = session.value_faults(task, list(dict.fromkeys(pair for row in rows for pair in row)))
    if not faults:
        return
    at: dict[tuple[str, str], list[int]] = {pair: [] for pair in faults}
    for number, row in enumerate(rows, 1):
        for pair in dict.fromkeys((name, str(value)) for name, value in value_pairs(row)):
            if pair in at:
                at[pair].append(number)
    problems = [
        Problem(severity=Severity.BLOCK, message=f"{_numbered(at[pair])}: {fault}") for pair, fault in faults.items()
    ]
    bad = len({number for numbers in at.values() for number in numbers})
    raise BadInputError(f"{bad} of {len(rows)} rows cannot run, and no job was started:", problems)


def _numbered(rows: Sequence[int]) -> str:
    """Return the numbers of rows.

    >>> _numbered([2]), _numbered([2, 3, 5, 7])
    ('row 2', 'rows 2, 3, 5 and 1 more')
    """
    shown = ", ".join(map(str, rows[:SHOWN_ROWS]))
    more = f" and {len(rows) - SHOWN_ROWS} more" if len(rows) > SHOWN_ROWS else ""
    return f"row{'s' if len(rows) > 1 else ''} {shown}{more}"


def shortened_path(value: str) -> str:
    """Return the name of a file if the value is a path that cannot be anything else, or else the value.

    >>> shortened_path("/data/model.pdb"), shortened_path("A/10-20")
    ('model.pdb', 'A/10-20')
    """
    return value.rstrip("/").rpartition("/")[2] if value.startswith(("/", "./", "../", "~/")) else value


def special_parts(rows: Sequence[sweeps.Row]) -> Sequence[sweeps.Row]:
    """Return the values of each row that not all rows have; of a single row, all.

    >>> special_parts([(("A", 1), ("B", 2)), (("A", 1), ("B", 3))])
    [(('B', 2),), (('B', 3),)]
    """
    common = [pair for pair in rows[0] if all(pair in row for row in rows)] if len(rows) > 1 else []
    return [tuple(pair for pair in row if pair not in common) for row in rows]


def title_of(row: sweeps.Row) -> str:
    """Return the title of a job of a sweep: its values.

    >>> title_of((("WEIGHT", 0.1), ("XYZIN", "/data/model.pdb")))
    'WEIGHT=0.1 XYZIN=model.pdb'
    """
    shown = (f"{name}={shortened_path(str(value))}" for name, value in row)
    text = " ".join(" ".join(shown).split())
    return text if len(text) <= TITLE_LENGTH else f"{text[: TITLE_LENGTH - 3]}..."


def in_turn(answers: AsyncGenerator[RunAnswer, None]) -> Iterator[RunAnswer]:
    """Yield what an asynchronous generator yields, on an event loop of its own.

    If the caller ends early, or Ctrl-C is pressed, the generator is closed before the exception goes on.
    """
    import asyncio  # noqa: PLC0415 - start-up time

    loop = asyncio.new_event_loop()
    task: Task[RunAnswer | None] | None = None
    try:
        while True:
            task = loop.create_task(_next(answers))
            answer = loop.run_until_complete(task)
            if answer is None:
                return
            yield answer
    finally:
        with signals.deferred():
            _close(loop, task, answers)


async def _next(answers: AsyncGenerator[RunAnswer, None]) -> RunAnswer | None:
    return await anext(answers, None)


def _close(
    loop: AbstractEventLoop, task: Task[RunAnswer | None] | None, answers: AsyncGenerator[RunAnswer, None]
) -> None:
    import asyncio  # noqa: PLC0415 - start-up time

    if task is not None and not task.done():
        task.cancel()
        loop.run_until_complete(asyncio.wait({task}))
    loop.run_until_complete(answers.aclose())
    loop.close()
