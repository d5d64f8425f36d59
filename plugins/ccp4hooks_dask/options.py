"""The settings of an engine that the plugin `dask` submits to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ccp4hooks import BadInputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccp4hooks import Engine, Settings

ADDRESS = re.compile(r"(tcp|tls)://[^\s/:]+:\d{1,5}|(tcp|tls)://\[[0-9a-fA-F:]+\]:\d{1,5}")
"""The address of a scheduler of dask."""

CLUSTERS = {
    "slurm": "SLURMCluster",
    "pbs": "PBSCluster",
    "lsf": "LSFCluster",
    "sge": "SGECluster",
    "htcondor": "HTCondorCluster",
}
"""The class of dask-jobqueue by the value of `DaskOptions.cluster`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DaskOptions:
    """The settings in ``[engines.NAME]`` that belong to this plugin.

    Without `address` and `cluster`, the workers are processes of this machine.

    Attributes:
        address: Address of a scheduler of dask that is running, such as ``"tcp://head:8786"``; its workers need
            ccp4hooks. Empty for workers that end with the process that submits.
        cluster: ``"slurm"``, ``"pbs"``, ``"lsf"``, ``"sge"`` (Grid Engine) or ``"htcondor"``, to which the workers are
            submitted as jobs; empty for none.
        workers: Number of workers, each of which runs one job at a time; 0 for one per processor core of this machine.
        setup: Lines of bash that run on the machine of a worker before it begins; for `cluster` only.
        directives: Lines for the scheduler of the cluster, without their prefix; for `cluster` only.
        account: The account, or project, that is charged; for `cluster` only.
        timeout_s: Longest time to wait for an answer of the scheduler of dask [s].
    """

    address: str = ""
    cluster: str = ""
    workers: int = field(default=0, metadata={"minimum": 0, "maximum": 10_000})
    setup: tuple[str, ...] = ()
    directives: tuple[str, ...] = ()
    account: str = ""
    timeout_s: float = field(default=30.0, metadata={"minimum": 0.1, "maximum": 3600.0})


def read_options(settings: Settings, engine: Engine) -> DaskOptions:
    """Return the settings of an engine.

    Raises:
        UnknownNameError: There is no such setting.
        BadInputError: A setting is missing, or its value is wrong.
    """
    options = settings.engine_options(engine, DaskOptions)
    place = f"engines.{engine.name}"
    if options.address and options.cluster:
        raise BadInputError(f"[{place}] has both `address` and `cluster`. Give only one of them.")
    if options.address and not ADDRESS.fullmatch(options.address):
        raise BadInputError(f"{place}.address is {options.address!r}; write it like tcp://HOST:PORT.")
    if options.address and options.workers:
        raise BadInputError(f"[{place}] has both `address` and `workers`. The scheduler at an address has its workers.")
    if options.cluster:
        _require_cluster(engine, options, place)
    else:
        _require_unused(options, place)
    return options


def _require_cluster(engine: Engine, options: DaskOptions, place: str) -> None:
    if options.cluster not in CLUSTERS:
        raise BadInputError(f"{place}.cluster is {options.cluster!r}; it must be one of {', '.join(CLUSTERS)}.")
    if not options.workers:
        raise BadInputError(f"{place}.workers is missing: the number of workers to submit to the cluster.")
    if engine.needs.memory_mb is None:
        raise BadInputError(f'{place}.memory is missing: the memory of a worker, for example memory = "4G".')
    _require_lines(f"{place}.setup", options.setup)
    _require_lines(f"{place}.directives", options.directives)


def _require_unused(options: DaskOptions, place: str) -> None:
    for name, value in (("setup", options.setup), ("directives", options.directives), ("account", options.account)):
        if value:
            raise BadInputError(f"{place}.{name} has no effect without `cluster`. Remove it, or set `cluster`.")


def _require_lines(place: str, lines: Iterable[object]) -> None:
    for line in lines:
        if not isinstance(line, str):
            raise BadInputError(f"{place} has {line!r}; each entry must be a text.")
        if len(line.splitlines()) > 1 or "\0" in line:
            raise BadInputError(f"{place} has {line!r}; each entry must be a single line.")
