"""The web application: which address shows which page.

One thread reads for all who look, and one more makes reports, which take longer. A page that several look at is made
once.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.responses import FileResponse, HTMLResponse, Response, StreamingResponse
from starlette.routing import Route

from ccp4hooks.errors import BadInputError, Ccp4HooksError, StoreError
from ccp4hooks.reports.pages import document
from ccp4hooks.serving.access import Guard
from ccp4hooks.serving.events import changes, log_events, reason_of
from ccp4hooks.serving.files import file_of
from ccp4hooks.serving.pages import LOG_LINES, Pages

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from ccp4hooks.serving.access import Door
    from ccp4hooks.serving.parts import Page
    from ccp4hooks.session import Session

Made = TypeVar("Made")

EVENTS = "text/event-stream"

LAST_PAGE = 1_000_000
"""Number of the last page of a project."""


RECENT_S = 0.5
"""How long a page that was made for one who looks is shown to others, too [s]."""


class Application:
    """Answers requests.

    Args:
        session: The session.
        prefix: How the paths of all pages begin.

    Attributes:
        has_ended: Whether the server ends. Events end, too, when it does.
    """

    def __init__(self, session: Session, prefix: str = "") -> None:
        self.has_ended = False
        self._session = session
        self._pages = Pages(session, prefix)
        self._reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ccp4hooks serve")
        self._reporter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ccp4hooks report")
        self._recent: dict[tuple[Any, ...], tuple[float, asyncio.Future[Page]]] = {}

    def guarded(self, door: Door, api: ASGIApp | None = None) -> ASGIApp:
        """Return the application behind a door.

        Args:
            door: Who may ask.
            api: See `Guard`.
        """
        job = "/projects/{project:uuid}/jobs/{number:str}"
        routes = [
            Route("/", self._first),
            Route("/events", self._first_events),
            Route("/projects/{project:uuid}", self._project),
            Route("/projects/{project:uuid}/events", self._project_events),
            Route("/projects/{project:uuid}/report", self._report),
            Route(job, self._job),
            Route(f"{job}/events", self._job_events),
            Route(f"{job}/report", self._report),
            Route(f"{job}/log", self._log),
            Route(f"{job}/log/events", self._log_events),
            Route(f"{job}/files/{{file:uuid}}", self._file),
        ]
        errors: Any = {Ccp4HooksError: _error, OSError: _unreadable, 404: _unknown}
        return Guard(Starlette(routes=routes, exception_handlers=errors), door, api)

    def close(self) -> None:
        """End the threads."""
        self.has_ended = True
        for one in (self._reader, self._reporter):
            one.shutdown(wait=False, cancel_futures=True)

    async def _read(self, function: Callable[..., Made], *given: Any) -> Made:
        return await asyncio.get_running_loop().run_in_executor(self._reader, function, *given)

    async def _made(self, function: Callable[..., Page], *given: Any) -> Page:
        """Return a page, which may have been made for another one who looks a moment ago."""
        key, now_s = (function.__name__, *given), time.monotonic()
        self._recent = {one: made for one, made in self._recent.items() if now_s - made[0] < RECENT_S}
        if key not in self._recent:
            self._recent[key] = now_s, asyncio.ensure_future(self._read(function, *given))
        # One who does not wait any more does not take it from the others.
        return await asyncio.shield(self._recent[key][1])

    async def _shown(self, function: Callable[..., Page], *given: Any) -> Response:
        page = await self._read(function, *given)
        return HTMLResponse(await run_in_threadpool(page.render))

    def _changing(self, request: Request, function: Callable[..., Page], *given: Any) -> Response:
        if request.method == "HEAD":
            return Response(media_type=EVENTS)

        async def make() -> Page:
            return await self._made(function, *given)

        return StreamingResponse(changes(make, lambda: self.has_ended), media_type=EVENTS)

    # --- pages ------------------------------------------------------------------------------------------------

    async def _first(self, _: Request) -> Response:
        return await self._shown(self._pages.projects)

    async def _first_events(self, request: Request) -> Response:
        return self._changing(request, self._pages.projects)

    async def _project(self, request: Request) -> Response:
        return await self._shown(self._pages.project, request.path_params["project"], _at(request))

    async def _project_events(self, request: Request) -> Response:
        return self._changing(request, self._pages.project, request.path_params["project"], _at(request))

    async def _job(self, request: Request) -> Response:
        return await self._shown(self._pages.job, *_job_of(request))

    async def _job_events(self, request: Request) -> Response:
        return self._changing(request, self._pages.job, *_job_of(request))

    async def _report(self, request: Request) -> Response:
        numbers = [request.path_params["number"]] if "number" in request.path_params else []
        loop, project = asyncio.get_running_loop(), request.path_params["project"]
        return HTMLResponse(await loop.run_in_executor(self._reporter, self._pages.report, project, *numbers))

    async def _log(self, request: Request) -> Response:
        project, number = _job_of(request)
        program = _of_program(request)
        return await self._shown(lambda: self._pages.log(project, number, program=program))

    async def _log_events(self, request: Request) -> Response:
        if request.method == "HEAD":
            return Response(media_type=EVENTS)
        project, number = _job_of(request)
        program = _of_program(request)
        output = await self._read(
            lambda: self._session.job_output(project, number, program=program, follow=True, lines=LOG_LINES)
        )

        async def step(function: Callable[..., Any], *given: Any) -> Any:
            # Not in the thread that reads: it waits for what is new.
            return None if self.has_ended else await run_in_threadpool(function, *given)

        return StreamingResponse(log_events(iter(output), step), media_type=EVENTS)

    async def _file(self, request: Request) -> Response:
        project, number = _job_of(request)
        path = await self._read(file_of, self._session, project, number, request.path_params["file"])
        return WholeFile(path, media_type="application/octet-stream", filename=path.name)


class WholeFile(FileResponse):
    """A file as it was when its size was told: what is added meanwhile is left out."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file."""
        left = 0

        async def send_promised(message: Message) -> None:
            nonlocal left
            if message["type"] == "http.response.start":
                left = int(MutableHeaders(raw=message["headers"]).get("content-length", 0))
            elif message["type"] == "http.response.body":
                body = message.get("body", b"")[:left]
                left -= len(body)
                message = {**message, "body": body}
            await send(message)

        await super().__call__(scope, receive, send_promised)


def _job_of(request: Request) -> tuple[UUID, str]:
    return request.path_params["project"], request.path_params["number"]


def _at(request: Request) -> int:
    """Return the number of the page of a project that is asked for.

    Raises:
        BadInputError: It is none.
    """
    text = request.query_params.get("page", "1")
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:10]) <= LAST_PAGE):
        raise BadInputError(f"{text!r} is not the number of a page.")
    return int(text)


def _of_program(request: Request) -> bool:
    return request.query_params.get("program", "") == "1"


async def _error(request: Request, error: Exception) -> Response:
    """Return the page that says why another page cannot be shown. If the database is away, it is loaded again."""
    is_away = isinstance(error, StoreError)
    status = 503 if is_away else 404 if isinstance(error, BadInputError) else 500
    headers = {"Refresh": "3"} if is_away else {}
    return HTMLResponse(_page_of(request, str(error), is_away=is_away), status_code=status, headers=headers)


async def _unreadable(request: Request, error: Exception) -> Response:
    """Return the page that says which file or directory cannot be read."""
    return HTMLResponse(_page_of(request, reason_of(error), is_away=False), status_code=500)


async def _unknown(request: Request, _: Exception) -> Response:
    return HTMLResponse(_page_of(request, "There is no such page.", is_away=False), status_code=404)


def _page_of(request: Request, reason: str, *, is_away: bool) -> str:
    home = f"{request.scope.get('root_path', '')}/"
    return document.render("live_error.html", {"reason": reason, "is_away": is_away, "home": home})
