"""Read the settings of engines, ``[engines.NAME]``, and what a job needs of an engine."""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypeVar

from ccp4hooks.errors import BadInputError
from ccp4hooks.model.engines import Engine, Needs, RecordsBy, Transfer
from ccp4hooks.plugin_settings import read_fields, require_complete

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Table = TypeVar("Table")

MEMORY = re.compile(r"(\d{1,9}(?:\.\d{1,9})?) ?([MGT])(?:i?B)?", re.IGNORECASE | re.ASCII)
"""An amount of memory, such as ``"4G"``."""

MEBIBYTES = {"M": 1, "G": 1024, "T": 1024**2}

LARGEST_MB = 1024**3
"""The largest amount of memory that a job may ask for [MiB]."""

CLOCK = re.compile(r"(?:(\d{1,9})-)?(\d{1,9}):([0-5]\d):([0-5]\d)", re.ASCII)
"""A time as schedulers write it, such as ``"02:30:00"`` or ``"1-00:00:00"`` for a day."""

SPAN = re.compile(r"(\d{1,9}(?:\.\d{1,9})?) ?(s|min|m|h|d)", re.ASCII)
"""A time with its unit, such as ``"30min"``."""

SECONDS = {"s": 1, "min": 60, "m": 60, "h": 3600, "d": 86_400}

LONGEST_S = 365 * 86_400
"""The longest time that a job may ask for [s]."""


SHARED, CARRIED = "shared", "carried"
"""How the machines of an engine get the files of a job: they have the same file system, or copies are sent."""

PLACEHOLDER = re.compile(r"\{(\w*)\}")
"""What stands for a path in a word of a command."""

PLACES = ("from", "to")

FETCH_VARIABLE, SEND_VARIABLE = "CCP4HOOKS_FETCH", "CCP4HOOKS_SEND"
"""Environment variables by which a machine gets the commands that copy files. Other users see no password in them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineTable:
    """The settings that every engine has; all others belong to its plugin. An empty value leaves the choice to it.

    Attributes:
        plugin: Name of the plugin that submits to it.
        database: How a job gets into the database: ``"direct"`` or ``"by-file"``; empty for what fits to `files`.
        files: How its machines get the files of a job: ``"shared"`` or ``"carried"``.
        fetch: With ``"carried"``, the command by which such a machine copies a file from the side that submits.
        send: The command by which it copies a file to that side.
        at_most: The largest number of jobs of one sweep that wait or run there at once.
        retries: How often a job that was interrupted there is submitted again.
        cores: Number of processor cores of a job.
        memory: Memory of a job, such as ``"4G"``.
        time: Time after which the engine may end a job, such as ``"2h"`` or ``"02:00:00"``.
        gpus: Number of graphics processors of a job.
        queue: Name of the queue or partition.
        python: The Python interpreter on its machines, in whose environment ccp4hooks is installed; by default that of
            the process that submits.
    """

    plugin: str = "batch"
    database: str = ""
    files: str = SHARED
    fetch: str = ""
    send: str = ""
    at_most: int = field(default=100, metadata={"minimum": 1, "maximum": 10_000})
    retries: int = field(default=0, metadata={"minimum": 0, "maximum": 100})
    cores: int = field(default=0, metadata={"minimum": 0, "maximum": 100_000})
    memory: str = ""
    time: str = ""
    gpus: int = field(default=0, metadata={"minimum": 0, "maximum": 1000})
    queue: str = ""
    python: str = ""


POOL_PLUGIN = "dask"
"""The plugin whose engines are pools of workers. A pool without an address ends with the process that submits."""

LOCAL = "local"
"""Name of the engine that exists without settings: a pool of workers on this machine."""

LOCAL_TABLE: Mapping[str, Any] = {"plugin": POOL_PLUGIN}
"""What the settings of that engine are if they do not describe it."""

OWN_KEYS = frozenset(one.name for one in fields(EngineTable))


def read_engine(name: str, table: Mapping[str, Any], source: Path | None) -> Engine:
    """Return the engine that a table describes. The settings of its plugin are not checked.

    Raises:
        BadInputError: A value has the wrong type or is out of its limits.
    """
    own = {key: value for key, value in table.items() if key in OWN_KEYS}
    values = _values(name, EngineTable, own, source)
    place = f" (engines.{name} in {source})"
    transfer = _transfer(values, place)
    direct, by_file = RecordsBy.DIRECT.value, RecordsBy.BY_FILE.value
    database = values.database or (direct if transfer is None else by_file)
    _require_one_of("database", database, (direct, by_file), place)
    if transfer is not None and database == direct:
        raise BadInputError(
            f'With files = "carried", the machines do without the database: leave out `database`, or set it to '
            f"{by_file!r}{place}."
        )
    is_own_pool = values.plugin == POOL_PLUGIN and not table.get("address")
    return Engine(
        name=name,
        plugin=values.plugin,
        records=RecordsBy(database),
        at_most=values.at_most,
        retries=values.retries,
        needs=read_needs(
            cores=values.cores,
            memory=values.memory,
            time=values.time,
            gpus=values.gpus,
            queue=values.queue,
            place=place,
        ),
        python=values.python,
        is_local=is_own_pool and not table.get("cluster"),
        outlives=not is_own_pool,
        transfer=transfer,
        options={key: value for key, value in table.items() if key not in OWN_KEYS},
    )


def _require_one_of(name: str, value: str, allowed: Sequence[str], place: str) -> None:
    if value not in allowed:
        raise BadInputError(f"`{name}` is {value!r}; it must be {' or '.join(map(repr, allowed))}{place}.")


def _transfer(values: EngineTable, place: str) -> Transfer | None:
    """Return how files are carried, or None if they are shared.

    Raises:
        BadInputError: A command is missing or wrong, or is given although files are shared.
    """
    _require_one_of("files", values.files, (SHARED, CARRIED), place)
    given = {"fetch": values.fetch, "send": values.send}
    if values.files == SHARED:
        named = next((name for name, text in given.items() if text), "")
        if named:
            raise BadInputError(f'`{named}` counts only with files = "carried"{place}.')
        return None
    if values.plugin == POOL_PLUGIN:
        raise BadInputError(f"The plugin {POOL_PLUGIN!r} needs files that all machines share{place}.")
    return Transfer(**{name: read_command(name, text, place) for name, text in given.items()})


def read_command(name: str, text: str, place: str = "") -> tuple[str, ...]:
    """Return the words of a command that copies a file.

    Args:
        name: Name of the setting.
        text: The command, as a shell would split it into words. It needs ``{from}`` and ``{to}``.
        place: Where it is set, for messages.

    Raises:
        BadInputError: It is not such a command.

    >>> read_command("fetch", "scp login:{from} {to}")
    ('scp', 'login:{from}', '{to}')
    """
    example = "scp login:{from} {to}" if name == "fetch" else "scp {from} login:{to}"
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise BadInputError(f"`{name}` is {text!r}, which has a quote without an end{place}.") from error
    found = [one for word in words for one in PLACEHOLDER.findall(word)]
    if not words or PLACEHOLDER.search(words[0]):
        raise BadInputError(
            f"`{name}` must name a program that copies a file, for instance {example!r}, if the files of jobs are "
            f"carried{place}."
        )
    unknown = next((one for one in found if one not in PLACES), None)
    if unknown is not None:
        raise BadInputError(f"`{name}` has {{{unknown}}}, but only {{from}} and {{to}} stand for paths{place}.")
    missing = next((one for one in PLACES if one not in found), None)
    if missing is not None:
        raise BadInputError(f"`{name}` lacks {{{missing}}}. An example is {example!r}{place}.")
    return words


def read_transfer(fetch: str | None, send: str | None) -> Transfer | None:
    """Return how files are carried, as two options of a command say; None if neither is given.

    Raises:
        BadInputError: An option is missing, or is not such a command.
    """
    if not fetch and not send:
        return None
    given = {"fetch": fetch or "", "send": send or ""}
    return Transfer(**{name: read_command(name, text) for name, text in given.items()})


def take_transfer(fetch: str | None, send: str | None) -> Transfer | None:
    """Return how files are carried, see `read_transfer`, and remove the commands from the environment of this process.

    So neither a program of the job nor a job that it submits gets them.
    """
    for name in (FETCH_VARIABLE, SEND_VARIABLE):
        os.environ.pop(name, None)
    return read_transfer(fetch, send)


def read_options(engine: Engine, table_type: type[Table], source: Path | None) -> Table:
    """Return the settings of an engine that belong to its plugin; see `Settings.engine_options`."""
    return _values(engine.name, table_type, engine.options, source)


def _values(name: str, table_type: type[Table], table: Mapping[str, Any], source: Path | None) -> Table:
    found = read_fields(name, table_type, table, {}, source, trusted=True, room="engines")
    require_complete(name, found, room="engines")
    return table_type(**{one.name: one.value for one in found})


def read_needs(
    *, cores: int = 0, memory: str = "", time: str = "", gpus: int = 0, queue: str = "", place: str = ""
) -> Needs:
    """Return what a job needs. 0 and an empty text leave the choice to the engine.

    Args:
        cores: Number of processor cores.
        memory: Memory, such as ``"4G"`` or ``"500M"``.
        time: Time after which the engine may end the job, such as ``"30min"``, ``"2h"`` or ``"02:00:00"``.
        gpus: Number of graphics processors.
        queue: Name of the queue or partition.
        place: Where the values are set, for messages; empty for the command line.

    Raises:
        BadInputError: A value is not an amount of memory or a time.

    >>> read_needs(memory="1.5G", time="1-00:00:30")
    Needs(cores=None, memory_mb=1536, time_s=86430, gpus=None, queue='')
    """
    if any(char.isspace() or not char.isprintable() for char in queue) or queue.startswith("-"):
        raise BadInputError(f"{queue!r} cannot be the name of a queue{place}.")
    return Needs(
        cores=cores or None,
        memory_mb=_memory_mb(memory, place) if memory else None,
        time_s=_time_s(time, place) if time else None,
        gpus=gpus or None,
        queue=queue,
    )


def _memory_mb(text: str, place: str) -> int:
    found = MEMORY.fullmatch(text.strip())
    amount = round(float(found[1]) * MEBIBYTES[found[2].upper()]) if found else 0
    if not 0 < amount <= LARGEST_MB:
        raise BadInputError(
            f"{text!r} is not an amount of memory that a job may ask for{place}. Write for example 500M or 4G."
        )
    return amount


def _time_s(text: str, place: str) -> int:
    clock, span = CLOCK.fullmatch(text.strip()), SPAN.fullmatch(text.strip())
    if clock:
        days, hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        found = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    else:
        found = round(float(span[1]) * SECONDS[span[2]]) if span else 0
    if not 0 < found <= LONGEST_S:
        raise BadInputError(
            f"{text!r} is not a time that a job may ask for{place}. Write for example 30min or 02:00:00."
        )
    return found
