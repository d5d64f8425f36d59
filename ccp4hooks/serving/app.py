"""The web application: which address shows which page."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, HTMLResponse, StreamingResponse
from starlette.routing import Route

from ccp4hooks.errors import BadInputError, Ccp4HooksError, StoreError
from ccp4hooks.reports import document
from ccp4hooks.serving.access import Guard
from ccp4hooks.serving.events import changes, log_events
from ccp4hooks.serving.files import file_of
from ccp4hooks.serving.pages import LOG_LINES, Pages

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp

    from ccp4hooks.serving.access import Door
    from ccp4hooks.serving.parts import Page
    from ccp4hooks.session import Session

Made = TypeVar("Made")

LAST_PAGE = 1_000_000
"""Number of the last page of a project."""


class Application:
    """Answers requests. It reads in one thread, so that many who look cost no more connections than one.

    Args:
        session: The session.

    Attributes:
        has_ended: Whether the server ends. Events end, too, when it does.
    """

    def __init__(self, session: Session) -> None:
        self.has_ended = False
        self._session = session
        self._pages = Pages(session)
        self._reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ccp4hooks serve")

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
        errors: Any = {Ccp4HooksError: _error, 404: _unknown}
        return Guard(Starlette(routes=routes, exception_handlers=errors), door, api)

    def close(self) -> None:
        """End the thread that reads."""
        self.has_ended = True
        self._reader.shutdown(wait=False, cancel_futures=True)

    async def _read(self, function: Callable[..., Made], *given: Any) -> Made:
        return await asyncio.get_running_loop().run_in_executor(self._reader, function, *given)

    async def _shown(self, function: Callable[..., Page], *given: Any) -> Response:
        return HTMLResponse(await self._read(lambda: function(*given).render()))

    def _changing(self, function: Callable[..., Page], *given: Any) -> Response:
        async def make() -> Page:
            return await self._read(function, *given)

        return StreamingResponse(changes(make, lambda: self.has_ended), media_type="text/event-stream")

    # --- pages ------------------------------------------------------------------------------------------------

    async def _first(self, _: Request) -> Response:
        return await self._shown(self._pages.projects)

    async def _first_events(self, _: Request) -> Response:
        return self._changing(self._pages.projects)

    async def _project(self, request: Request) -> Response:
        return await self._shown(self._pages.project, request.path_params["project"], _at(request))

    async def _project_events(self, request: Request) -> Response:
        return self._changing(self._pages.project, request.path_params["project"], _at(request))

    async def _job(self, request: Request) -> Response:
        return await self._shown(self._pages.job, *_job_of(request))

    async def _job_events(self, request: Request) -> Response:
        return self._changing(self._pages.job, *_job_of(request))

    async def _report(self, request: Request) -> Response:
        numbers = [request.path_params["number"]] if "number" in request.path_params else []
        return HTMLResponse(await self._read(self._pages.report, request.path_params["project"], *numbers))

    async def _log(self, request: Request) -> Response:
        project, number = _job_of(request)
        program = _of_program(request)
        return await self._shown(lambda: self._pages.log(project, number, program=program))

    async def _log_events(self, request: Request) -> Response:
        project, number = _job_of(request)
        program = _of_program(request)
        output = await self._read(
            lambda: self._session.job_output(project, number, program=program, follow=True, lines=LOG_LINES)
        )

        async def step(function: Callable[..., Any], *given: Any) -> Any:
            # Not in the thread that reads: it waits for what is new.
            return None if self.has_ended else await run_in_threadpool(function, *given)

        return StreamingResponse(log_events(iter(output), step), media_type="text/event-stream")

    async def _file(self, request: Request) -> Response:
        project, number = _job_of(request)
        path = await self._read(file_of, self._session, project, number, request.path_params["file"])
        return FileResponse(path, media_type="application/octet-stream", filename=path.name)


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


async def _error(_: Request, error: Exception) -> Response:
    """Return the page that says why another page cannot be shown. If the database is away, it is loaded again."""
    is_away = isinstance(error, StoreError)
    status = 503 if is_away else 404 if isinstance(error, BadInputError) else 500
    headers = {"Refresh": "3"} if is_away else {}
    return HTMLResponse(_page_of(str(error), is_away=is_away), status_code=status, headers=headers)


async def _unknown(_: Request, __: Exception) -> Response:
    return HTMLResponse(_page_of("There is no such page.", is_away=False), status_code=404)


def _page_of(reason: str, *, is_away: bool) -> str:
    return document.render("live_error.html", {"reason": reason, "is_away": is_away})
