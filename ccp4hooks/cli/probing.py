"""``ccp4hooks doctor --on ENGINE``: put what a probe of an engine has found into words."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from ccp4hooks.cli.findings import Finding, failed
from ccp4hooks.cli.options import start_session
from ccp4hooks.engines.probe import PROGRAM, find_ccp4, find_versions
from ccp4hooks.errors import BadInputError, Ccp4HooksError, StoreError, WaitTimeoutError
from ccp4hooks.model import Fate, RecordsBy, RunTarget
from ccp4hooks.runtime import signals

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ccp4hooks.cli.options import Choices
    from ccp4hooks.engines.probe import Probe, ProbeAnswer
    from ccp4hooks.model import Engine

LARGEST_SKEW_S = 10.0
"""Difference of two clocks that is not worth a warning [s]; half of the interval of heartbeats."""


def engine_findings(choices: Choices, name: str, timeout_s: float) -> Iterator[Finding]:
    """Submit the job of a probe to an engine, and yield what it finds, line by line.

    Args:
        choices: The shared options.
        name: Name of the engine.
        timeout_s: Longest time to wait for the job [s].
    """
    signals.treat_termination_as_interrupt()
    try:
        session = start_session(choices.settings(target=RunTarget(engine=name)))
        found = session.probe_engine(name, timeout_s)
    except Ccp4HooksError as error:
        yield failed("engine", error)
        return
    yield from probe_findings(found, session.settings.projects_dir)


def probe_findings(found: Probe, projects: Path) -> Iterator[Finding]:
    """Yield what a probe has found.

    Args:
        found: The probe.
        projects: The directory of projects.
    """
    if found.answer is None:
        yield _silence(found)
    else:
        yield from _answer(found, found.answer, projects)


def _silence(found: Probe) -> Finding:
    """Return why a probe has no answer."""
    job = f"{found.engine.name}: the job (number {found.key})"
    printed = " ".join(found.printed.split())
    said = f'It has printed "{printed}".' if printed else "It has printed nothing that can be read here."
    if found.fate is Fate.GONE:
        carried = found.engine.transfer is not None
        files = (
            "commands `fetch` and `send` that work there"
            if carried
            else "the directory of projects under the same path"
        )
        cure = (
            "Its machine needs ccp4hooks in the same version, for the same Python or for `python` in "
            f"[engines.{found.engine.name}], and {files}."
        )
        return failed("engine", BadInputError(f"{job} has ended without an answer. {said} {cure}"))
    end = "was stopped" if found.was_stopped else "could not be stopped"
    state = f"has not answered within {found.waited_s:.0f} s; the engine says {found.fate.name}. The job {end}."
    cure = "Wait longer with --timeout, or ask for another queue."
    text = " ".join(filter(None, (job, state, said if printed else "", cure)))
    return Finding(about="engine", text=text, exit_code=WaitTimeoutError.exit_code)


def _answer(found: Probe, answer: ProbeAnswer, projects: Path) -> Iterator[Finding]:
    queued_s = max(0.0, found.waited_s - answer.took_s)
    yield Finding(about="engine", text=f"{found.engine.name}: a job has run, after {queued_s:.1f} s in the queue")
    yield Finding(about="machine", text=answer.host)
    yield Finding(about="Python", text=f"{answer.python}, {answer.executable}")
    here = find_versions()
    yield from (_version(name, answer.versions.get(name, ""), here[name]) for name in here)
    yield _ccp4(found, answer)
    place = shlex.quote(str(projects))
    seen = f"{place} can be written there, and what is written there is seen here"
    carried = f"files below {place} are fetched there, and sent back"
    yield Finding(about="projects", text=seen if found.engine.transfer is None else carried)
    yield _database(found, answer)
    yield _clock(*found.ahead_s)


def _version(name: str, there: str, here: str) -> Finding:
    if there == here:
        return Finding(about=name, text=f"{there}, as here")
    text = f"Warning: {there or 'not installed'} there, {here or 'not installed'} here. Install the same version there."
    return Finding(about=name, text=text)


def _ccp4(found: Probe, answer: ProbeAnswer) -> Finding:
    if answer.ccp4:
        program = answer.program or f"{PROGRAM} is not on $PATH"
        return Finding(about="CCP4", text=f"$CCP4 is {answer.ccp4}; {program}")
    text = "$CCP4 is not set there, or is no directory: tasks that need CCP4 cannot run there"
    if not found.engine.is_local:
        text += f". {_set_up(found.engine)}"
    return Finding(about="CCP4", text=f"Warning: {text}" if find_ccp4() else text)


def _set_up(engine: Engine) -> str:
    """Return how the machines of an engine are set up for CCP4."""
    if engine.plugin == "batch" or "cluster" in engine.options:
        return f'Put "source .../ccp4.setup-sh" into `setup` in [engines.{engine.name}]'
    return 'Run "source .../ccp4.setup-sh" in the shell that starts its workers'


def _database(found: Probe, answer: ProbeAnswer) -> Finding:
    if found.engine.records is RecordsBy.BY_FILE:
        return Finding(about="database", text="not needed there: this machine records the jobs (by-file)")
    if answer.database_fault:
        return failed("database", StoreError(f"cannot be used there: {answer.database_fault}"))
    return Finding(about="database", text="can be used there")


def _clock(least_s: float, most_s: float) -> Finding:
    """Return how far the clock there is ahead of the one here, which lies between two limits."""
    largest_s = max(abs(least_s), abs(most_s))
    if least_s <= 0 <= most_s:
        return Finding(about="clock", text=f"the same as here, within {largest_s:.1f} s")
    way = "ahead of" if least_s > 0 else "behind"
    text = f"{largest_s:.1f} s {way} the clock here"
    is_far = min(abs(least_s), abs(most_s)) > LARGEST_SKEW_S
    cure = "Let both set their clocks by NTP: the times of jobs, and whether they are alive, are judged by them"
    return Finding(about="clock", text=f"Warning: {text}. {cure}" if is_far else text)
