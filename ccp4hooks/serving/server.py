"""Run the application: the socket, the address to open, and the end."""

from __future__ import annotations

import errno
import ipaddress
import logging
import secrets
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

import uvicorn

from ccp4hooks.errors import BadInputError
from ccp4hooks.serving.access import LOCAL, Door
from ccp4hooks.serving.app import Application

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from ccp4hooks.session import Session

HOST = "127.0.0.1"
"""The address that only this machine can ask."""

PORT = 8055
"""The first port that is tried."""

PORTS = 20
"""Number of ports that are tried, if none was chosen."""

TOKEN_BYTES = 24
"""Number of random bytes of a token [byte]."""

END_S = 2
"""How long the answers that are not complete may take when the server ends [s]."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the server listens.

    Attributes:
        listener: The socket.
        host: The address or the name for which it was asked.
        token: What everybody who asks must know; empty if nobody has to.
    """

    listener: socket.socket
    host: str
    token: str

    @property
    def port(self) -> int:
        """The port."""
        return int(self.listener.getsockname()[1])

    @property
    def is_local(self) -> bool:
        """Whether only this machine can ask."""
        return ipaddress.ip_address(self.listener.getsockname()[0]).is_loopback

    @property
    def address(self) -> str:
        """The address to open."""
        own = ipaddress.ip_address(self.listener.getsockname()[0])
        name = socket.gethostname() if own.is_unspecified else self.host
        return f"http://{f'[{name}]' if ':' in name else name}:{self.port}{self.door.prefix}/"

    @property
    def door(self) -> Door:
        """Who may ask."""
        own = frozenset[str]() if self.is_local else frozenset({socket.gethostname(), socket.getfqdn()})
        host = f"[{self.host}]" if ":" in self.host else self.host
        names = frozenset(name.lower() for name in (*own, host))
        return Door(names=LOCAL | names, token=self.token)


def listen(host: str = HOST, port: int | None = None, *, has_token: bool = True) -> Place:
    """Return where a server listens.

    Args:
        host: Address or name of the network interface.
        port: The port; 0 for any that is free; None for the first free one from `PORT` on.
        has_token: Whether everybody who asks must know a token.

    Raises:
        BadInputError: The address is not of this machine, the port is in use, or there is no token although other
            machines can ask.
    """
    try:
        family, *_, found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError) as error:
        raise BadInputError(f"{host!r} is no address of this machine: {error}. The default is {HOST}.") from error
    if not has_token and not ipaddress.ip_address(found[0]).is_loopback:
        raise BadInputError(
            f"Other machines can reach {host}, and would need no token. Omit --no-token, or omit --host."
        )
    tried = range(PORT, PORT + PORTS) if port is None else [port]
    for at in tried:
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((found[0], at))
            # Before that, another process may bind the same port.
            listener.listen()
        except OSError as error:
            listener.close()
            if error.errno == errno.EADDRINUSE and at != tried[-1]:
                continue
            raise BadInputError(_why_not(host, at, error)) from error
        token = secrets.token_urlsafe(TOKEN_BYTES) if has_token else ""
        return Place(listener=listener, host=host, token=token)
    raise AssertionError(tried)


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} of {host} is in use. Give another one with --port, or --port 0 for any that is free."
    if error.errno == errno.EACCES:
        return f"You may not listen on port {port}. Give one from 1024 on with --port."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is no address of this machine. The default is {HOST}; 0.0.0.0 is all addresses of this machine."
    return f"The server cannot listen on port {port} of {host}: {error.strerror}."


class Server(uvicorn.Server):
    """A server that tells its application when it ends.

    Args:
        session: What is shown.
        place: Where it listens.
        api: CCP4i2's own web application; None if it is not wanted.
    """

    def __init__(self, session: Session, place: Place, api: ASGIApp | None = None) -> None:
        self._application = Application(session, place.door.prefix)
        self._place = place
        config = uvicorn.Config(
            self._application.guarded(place.door, api),
            log_config=None,
            # What clients do wrong, and what ends with the server, is no fault of it.
            log_level=logging.CRITICAL,
            ws="none",
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=END_S,
        )
        super().__init__(config)

    def serve_until_stopped(self) -> None:
        """Answer requests until Ctrl-C, a termination signal, or until `should_exit` is set from another thread."""
        # Where it cannot accept a connection, it would say so thousands of times.
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)
        try:
            self.run(sockets=[self._place.listener])
        finally:
            self._application.close()
            self._place.listener.close()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End: first the events, then the answers that are not complete."""
        self._application.has_ended = True
        await super().shutdown(sockets)
