"""Server-sent events: the browser is told what has changed, and asks for nothing."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

from ccp4hooks.errors import Ccp4HooksError
from ccp4hooks.runtime import os_errors
from ccp4hooks.texts import printable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Generator

    from ccp4hooks.serving.parts import Page

POLL_S = 1.0
"""Shortest interval at which the server reads what has changed [s]."""

SHARE = 4
"""How many times longer the server waits than it takes to read, so that a slow page takes a part of its time only."""

IDLE_S = 0.2
"""Interval at which a log is read [s]."""

TURN_S = 30.0
"""How long a page is told what changes before it asks anew [s]. Pages for which no connection is left get one then."""

SIGN_S = 15.0
"""Interval of signs of life, by which the server notices that nobody listens any more [s]."""


def event(name: str, data: object) -> str:
    r"""Return an event.

    >>> event("text", "a\nb")
    'event: text\ndata: "a\\nb"\n\n'
    """
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"


def reason_of(error: Exception) -> str:
    """Return the reason of an error for people, with the file or directory that it is about."""
    if not isinstance(error, OSError):
        return str(error)
    return ": ".join(str(part) for part in (error.filename, os_errors.explained(error)) if part)


SIGN = ": here\n\n"
"""A sign of life."""


async def changes(make: Callable[[], Awaitable[Page]], has_ended: Callable[[], bool]) -> AsyncIterator[str]:
    """Yield the events of a page, until the server ends.

    An event ``parts`` has what has changed; the first one, all parts. An event ``lost`` has the reason why the page
    cannot be read at present, and an event ``turn`` asks the page to connect anew.

    Args:
        make: Makes the page anew.
        has_ended: Whether the server ends.
    """
    known: dict[str, str] | None = None
    reason = ""
    begun_s = sent_s = time.monotonic()
    while not has_ended() and sent_s - begun_s < TURN_S:
        message = ""
        read_s = time.monotonic()
        try:
            page = await make()
        except (Ccp4HooksError, OSError) as error:
            said = printable(reason_of(error))
            message, reason = (event("lost", said) if said != reason else ""), said
        else:
            digests = page.digests
            if reason or digests != known:
                message = event("parts", page.changes(known or {}))
            known, reason = digests, ""
        ended_s = time.monotonic()
        if not message and ended_s - sent_s > SIGN_S:
            message = SIGN
        if message:
            sent_s = ended_s
            yield message
        await asyncio.sleep(max(POLL_S, SHARE * (ended_s - read_s)))
    # A browser has few connections for a server: another page may wait for one.
    if not has_ended():
        yield event("turn", "")


async def log_events(output: Generator[str, None, None], step: Callable[..., Awaitable[Any]]) -> AsyncIterator[str]:
    """Yield the events of a log: ``text`` for each piece, and ``end`` when the job has ended.

    Args:
        output: The pieces; an empty one if there is nothing new. It is closed at the end.
        step: Calls a function in another thread.
    """
    sent_s = time.monotonic()
    begun = False
    try:
        while (piece := await step(next, output, None)) is not None:
            if piece or not begun:
                yield event("text", {"text": printable(piece, lines=True), "is_first": not begun})
                begun = True
            elif time.monotonic() - sent_s > SIGN_S:
                yield SIGN
            else:
                continue
            sent_s = time.monotonic()
        yield event("end", "")
    except (Ccp4HooksError, OSError) as error:
        yield event("lost", printable(reason_of(error)))
    finally:
        # Nobody may listen any more.
        output.close()
