"""Who may look: only with the token, only from pages of this server, and only to read.

The name in ``Host`` is checked: a web site can let its own name point to this machine, and would then be of the same
origin. Nobody can do so with an address. ``Origin`` and ``Sec-Fetch-Site`` tell which requests the pages of other web
sites make.
"""

from __future__ import annotations

import ipaddress
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS = ("GET", "HEAD")
"""The methods that are answered."""

API = "/api/"
"""How the paths of CCP4i2's API begin."""

SAME = ("same-origin", "none")
"""Values of ``Sec-Fetch-Site`` of requests that no other web site has made."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Headers of every answer."""

LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]"})
"""Names of this machine in ``Host``, which no other web site can have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Who may ask.

    Attributes:
        names: Names of this machine, in lower case, under which it may be asked, besides addresses.
        token: What everybody who asks must know; empty if nobody has to.
    """

    names: frozenset[str]
    token: str = ""

    @property
    def prefix(self) -> str:
        """How the paths of all pages begin."""
        return f"/{self.token}" if self.token else ""


class Guard:
    """Refuses requests, and passes on the others. An ASGI application.

    Args:
        app: Answers the requests that are not refused.
        door: Who may ask.
        api: Answers the requests for CCP4i2's API, and refuses them by rules of its own; None if there is none.
    """

    def __init__(self, app: ASGIApp, door: Door, api: ASGIApp | None = None) -> None:
        self._app = app
        self._door = door
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            return
        if self._api is not None and scope["path"].startswith(API):
            await self._api(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        answer = self._refused(scope) or self._without_token(scope)
        await (answer or self._app)(scope, receive, send_with_headers)

    def _refused(self, scope: Scope) -> Response | None:
        """Return the answer to a request that is refused with the token, too; None if it is not."""
        if scope["method"] not in METHODS:
            return _refusal(405, f"This server only shows. Method {scope['method']} is refused.", Allow="GET, HEAD")
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._is_ours(hosts[0]):
            return _refusal(400, "This server is not known by this name. Use the address that `ccp4hooks serve` wrote.")
        origins = headers.getlist("origin")
        if any(origin not in (f"http://{hosts[0]}", f"https://{hosts[0]}") for origin in origins):
            return _refusal(403, "Other web sites may not ask this server.")
        is_visit = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
        if headers.get("sec-fetch-site", SAME[0]) not in SAME and not is_visit:
            return _refusal(403, "Other web sites may not ask this server.")
        return None

    def _is_ours(self, host: str) -> bool:
        """Return whether the value of ``Host`` names this machine, or is an address."""
        try:
            parts = urlsplit(f"//{host}")
            name, _ = (parts.hostname or "").lower(), parts.port
        except ValueError:
            return False
        if parts.netloc != host or parts.username is not None:
            return False
        bracketed = f"[{name}]" if ":" in name else name
        return bracketed in self._door.names or (not self._door.names <= LOCAL and _is_address(name))

    def _without_token(self, scope: Scope) -> Response | None:
        """Return the answer to a request without the token; None if it may pass.

        The token is the first part of the path, which then is left out for the application. It is in no cookie, since
        a browser sends those of one port to all ports of a machine, and another user may listen there.
        """
        token = self._door.token
        if not token:
            return None
        first = scope["path"].split("/")[1]
        if self._is_token(first):
            scope["root_path"] = f"/{first}"
            return None
        if self._is_token(Headers(scope=scope).get("authorization", "").removeprefix("Bearer ")):
            return None
        return _refusal(401, "Use the address with the token, which `ccp4hooks serve` has written to its terminal.")

    def _is_token(self, text: str) -> bool:
        return secrets.compare_digest(text.encode("utf-8", "replace"), self._door.token.encode())


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _refusal(status: int, text: str, **headers: str) -> Response:
    return PlainTextResponse(f"{text}\n", status_code=status, headers=headers)
