"""Who may use CCP4i2's server: settings that close it, and a check of what is open in any settings."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ORIGIN_CHECK = "ccp4hooks_database.server.middleware.OriginMiddleware"
LOCAL_LOGIN = "ccp4hooks_database.server.middleware.LocalLoginMiddleware"

LOGINS = "ccp4i2_api.middleware."
"""How the names of CCP4i2's own login middleware begin."""

DEVELOPERS_LOGIN = "ccp4i2_api.middleware.dev_admin.DevAdminMiddleware"

HOSTS = ("localhost", "127.0.0.1", "[::1]")
"""Names by which a browser reaches a server on its own machine."""

PAGES = "rest_framework.renderers.BrowsableAPIRenderer"
"""DRF's pages for people. They need style sheets that Django serves with DEBUG only."""

DATA = "rest_framework.renderers.JSONRenderer"

LOGIN_ADVICE = "To require a login, set CCP4I2_LOCAL_SESSION_TOKEN or CCP4I2_REQUIRE_AUTH."


def closed(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return CCP4i2's settings, closed to other machines and to the pages of other web sites.

    CCP4i2's own variables open them again: ``ALLOWED_HOSTS`` for hosts, ``CORS_ALLOWED_ORIGINS`` and ``NEXT_ADDRESS``
    for origins, ``CCP4I2_LOCAL_SESSION_TOKEN`` and ``CCP4I2_REQUIRE_AUTH`` for a login, and ``DEBUG``.

    Args:
        settings: Values by name, as `ccp4i2_settings` returns them.
    """
    has_login = any(name.startswith(LOGINS) for name in settings["MIDDLEWARE"])
    logins = () if has_login else (LOCAL_LOGIN,)
    changed = {**settings, "MIDDLEWARE": [ORIGIN_CHECK, *logins, *settings["MIDDLEWARE"]]}
    if not os.environ.get("ALLOWED_HOSTS"):
        changed["ALLOWED_HOSTS"] = [*HOSTS]
    if not os.environ.get("CORS_ALLOWED_ORIGINS"):
        changed["CORS_ALLOW_ALL_ORIGINS"] = False
    if not settings["DEBUG"]:
        renderers = settings["REST_FRAMEWORK"].get("DEFAULT_RENDERER_CLASSES", (DATA,))
        data_only = [name for name in renderers if name != PAGES]
        changed["REST_FRAMEWORK"] = {**settings["REST_FRAMEWORK"], "DEFAULT_RENDERER_CLASSES": data_only}
    return changed


def _needs_secret(middleware: Iterable[str]) -> bool:
    """Return whether each request must contain a secret, which the page of another web site does not have."""
    return any(name.startswith(LOGINS) and name != DEVELOPERS_LOGIN for name in middleware)


def open_to(settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each way in which settings leave CCP4i2's server open.

    >>> list(open_to({"DEBUG": True, "ALLOWED_HOSTS": ["localhost"], "MIDDLEWARE": [ORIGIN_CHECK]}))
    ['DEBUG is on: its error pages show settings and code.']

    Args:
        settings: Django settings by name.
    """
    middleware = settings.get("MIDDLEWARE", ())
    if settings.get("DEBUG"):
        yield "DEBUG is on: its error pages show settings and code."
    if "*" in settings.get("ALLOWED_HOSTS", ()):
        yield "ALLOWED_HOSTS permits every host name, so that a web site may use the server under a name of its own."
    if settings.get("CORS_ALLOW_ALL_ORIGINS"):
        yield "CORS_ALLOW_ALL_ORIGINS is on: the page of any web site may read and change jobs."
    elif ORIGIN_CHECK not in middleware and not _needs_secret(middleware):
        yield f"the page of any web site may send changes, because {ORIGIN_CHECK} is not in MIDDLEWARE."
    if settings.get("DEBUG") and DEVELOPERS_LOGIN in middleware:
        yield f"everyone who reaches the server is its administrator, without a login. {LOGIN_ADVICE}"
    elif LOCAL_LOGIN in middleware:
        yield f"every user of this machine is its administrator, without a login. {LOGIN_ADVICE}"
