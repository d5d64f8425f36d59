"""Middleware that closes CCP4i2's server to the pages of other web sites and to other machines."""

from __future__ import annotations

import logging
import re
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, Any

from ccp4i2_api.exceptions import AuthenticationFailed
from ccp4i2_api.middleware.dev_admin import DevAdminMiddleware
from corsheaders.conf import conf
from django.core.exceptions import DisallowedHost
from django.http import JsonResponse

from ccp4hooks_database.server.access import HOSTS, LOGIN_ADVICE

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse


log = logging.getLogger(__name__)


class OriginMiddleware:
    """Refuse the requests of browsers that show the page of another web site.

    A browser sends such requests without asking if they have a plain form, and CCP4i2 would carry them out. Programs
    that are not browsers send no origin and are not affected.

    Args:
        get_response: The next middleware.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Return the answer of the server, 403 for a page of another web site, or 400 for another name of the server.

        Django would write a traceback to the log for each request under another name.
        """
        try:
            own = f"{request.scheme}://{request.get_host()}"
        except DisallowedHost as refusal:
            error = f"{refusal} That is an environment variable of this server."
            log.warning("A request was refused: %s", error)
            return JsonResponse({"success": False, "error": error}, status=400)
        origin = request.headers.get("Origin")
        if origin in {None, own} or _is_permitted(str(origin)):
            if origin is not None or not _is_embedded(request):
                return self._get_response(request)
            origin = "another web site"
        error = (
            f"This server takes no requests from pages of {origin}. "
            "To permit them, add their origin to the environment variable CORS_ALLOWED_ORIGINS of the server."
        )
        return JsonResponse({"success": False, "error": error}, status=403)


def _is_permitted(origin: str) -> bool:
    by_name = conf.CORS_ALLOW_ALL_ORIGINS or origin in conf.CORS_ALLOWED_ORIGINS
    return bool(by_name) or any(re.match(pattern, origin) for pattern in conf.CORS_ALLOWED_ORIGIN_REGEXES)


def _is_embedded(request: HttpRequest) -> bool:
    """Return whether the page of another web site makes the request without an origin, for instance for an image.

    A person who follows a link from there makes a navigation.
    """
    site, mode = request.headers.get("Sec-Fetch-Site"), request.headers.get("Sec-Fetch-Mode")
    return bool(site == "cross-site" and mode != "navigate")


class LocalLoginMiddleware(DevAdminMiddleware):  # type: ignore[misc]
    """Log in the users of this machine as CCP4i2's local administrator, and nobody else.

    CCP4i2 answers requests without a user with 401. Its own login without a password needs ``DEBUG``, and lets in
    every machine.
    """

    def is_active(self) -> bool:
        """Return True: the login does not depend on ``DEBUG``."""
        return True

    def authenticate(self, request: HttpRequest) -> Any:
        """Return the user of a request that comes from this machine.

        Raises:
            AuthenticationFailed: The request comes from another machine, or through a server that has another name.
        """
        if not _is_local(request):
            raise AuthenticationFailed(f"Only requests from the machine of the server need no login. {LOGIN_ADVICE}")
        return super().authenticate(request)


def _is_local(request: HttpRequest) -> bool:
    """Return whether every address that the request has passed is one of this machine, and its host too."""
    sent = request.META
    through = [*(sent.get("HTTP_X_FORWARDED_FOR") or "").split(","), sent.get("HTTP_X_REAL_IP") or ""]
    addresses = [sent.get("REMOTE_ADDR") or "unknown", *filter(None, through)]
    host = re.sub(r":\d+$", "", request.get_host())
    return "HTTP_FORWARDED" not in sent and host in HOSTS and all(map(_is_loopback, addresses))


def _is_loopback(text: str) -> bool:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return False
    # ::ffff:127.0.0.1 is the address of a client of a server that also listens with IPv6.
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback
