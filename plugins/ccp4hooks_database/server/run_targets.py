"""The engines of the settings as run targets of CCP4i2 3.1, on which its server runs whole jobs.

CCP4i2 finds the class of a target by a path of Python, and makes the target without arguments. So each engine has a
path of its own, which this module resolves.

Source: ``ccp4i2.lib.dispatch``, ``ccp4i2.lib.utils.jobs.interactive``, ccp4i2 3.1.0a105.
"""

from __future__ import annotations

import logging
from functools import partial, wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from django.db import DatabaseError

from ccp4hooks import BadInputError, Ccp4HooksError, EngineUnavailableError, RunTarget
from ccp4hooks_database import versions
from ccp4hooks_database.api.shared_session import shared_session
from ccp4hooks_database.server.deletion import CONFLICT

if TYPE_CHECKING:
    from collections.abc import Callable


log = logging.getLogger(__name__)

PREFIX = "engine_"
"""Beginning of the names of this module that stand for an engine."""

UNAVAILABLE = 503
"""HTTP status for a request that may succeed later."""

UNEXPECTED = 500
"""HTTP status for an error of the server."""


def __getattr__(name: str) -> Callable[[], EngineTarget]:
    """Return what makes the target of an engine; the name is the last part of `path_of`."""
    if not name.startswith(PREFIX):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return partial(EngineTarget, unquote(name.removeprefix(PREFIX)))


def path_of(engine: str) -> str:
    """Return the path by which CCP4i2 finds the target of an engine.

    >>> path_of("cluster")
    'ccp4hooks_database.server.run_targets.engine_cluster'
    >>> path_of("node 1.2")
    'ccp4hooks_database.server.run_targets.engine_node%201%2E2'
    """
    return f"{__name__}.{PREFIX}{quote(engine, safe='').replace('.', '%2E')}"


def with_engines(original: Callable[[], dict[str, str]]) -> Callable[[], dict[str, str]]:
    """Return ``run_target_paths`` of CCP4i2 with the engines of the settings.

    A target that CCP4i2 or a site has under the same name stays, so that ``local`` is always CCP4i2's own.
    """

    @wraps(original)
    def run_target_paths() -> dict[str, str]:
        return {**_paths(), **original()}

    return run_target_paths


def _paths() -> dict[str, str]:
    """Return the paths of the engines by the name of the target, which CCP4i2 writes in small letters."""
    try:
        engines = shared_session().settings.engine_tables
    except Ccp4HooksError as error:
        log.warning("The engines of ccp4hooks cannot run jobs: %s", error)
        return {}
    return {name.lower(): path_of(name) for name in engines}


class EngineTarget:
    """A run target of CCP4i2 that submits jobs to an engine.

    Args:
        name: Name of the engine.

    Raises:
        Ccp4HooksError: The engine cannot be used. CCP4i2 reports this where it lists the targets.
    """

    def __init__(self, name: str) -> None:
        engine = shared_session().settings.engine(name)
        if not engine.outlives:
            raise BadInputError(
                f"The workers of the engine {name!r} end with the process that has started them, so CCP4i2's server "
                "cannot leave jobs to them. Start a scheduler of dask, and give its address; see "
                "docs/howto/run-on-a-cluster.md."
            )
        self.name = name

    def run_job(self, job: Any, *, synchronous: bool = False) -> dict[str, Any]:
        """Submit a job, and return CCP4i2's answer to the request. It does not wait for the job.

        A job with a window in CCP4i2's app only collects the files that were saved there, and runs on this machine.

        Args:
            job: The row of the job.
            synchronous: Not used.
        """
        try:
            if _is_interactive(job):
                started: dict[str, Any] = versions.job_starter().run_job_local(job, synchronous=synchronous)
                return started
            if synchronous:
                log.info("Job %s is submitted to the engine %s, and nobody waits for it.", job.number, self.name)
            shared_session().retry(job.project.uuid, job.number, target=RunTarget(engine=self.name))
            job.refresh_from_db()
        except EngineUnavailableError as error:
            return _failure(error, UNAVAILABLE)
        except Ccp4HooksError as error:
            return _failure(error, CONFLICT)
        except (DatabaseError, OSError) as error:
            log.exception("Job %s was not submitted to the engine %s.", job.number, self.name)
            return _failure(error, UNEXPECTED)
        return {"success": True, "data": job, "status": 200}


def _is_interactive(job: Any) -> bool:
    from ccp4i2.lib.utils.jobs.interactive import is_interactive_job  # noqa: PLC0415 - CCP4i2 3.0 has no such module

    return bool(is_interactive_job(job))


def _failure(error: Exception, status: int) -> dict[str, Any]:
    return {"success": False, "error": str(error), "status": status}
