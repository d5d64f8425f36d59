"""CCP4i2's own web application in a process of ccp4hooks, as `ccp4hooks serve --ccp4i2` shows it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from django.conf import settings as django_settings
from django.core.asgi import get_asgi_application

from ccp4hooks import StoreError
from ccp4hooks_database.server.doctor import OURS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ccp4hooks import Settings


def application(settings: Settings) -> Callable[..., Awaitable[None]]:
    """Return CCP4i2's web application. Its jobs, in processes of their own, have the same settings of ccp4hooks.

    Args:
        settings: The settings of the session.

    Raises:
        StoreError: Django was set up for something else in this process.
    """
    if not django_settings.configured:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", OURS)
        os.environ.update(_variables(settings))
    started: Callable[..., Awaitable[None]] = get_asgi_application()
    from ccp4hooks_database.server import patches  # noqa: PLC0415 - needs CCP4i2's models

    if not patches.is_installed():
        raise StoreError(
            "CCP4i2's server cannot run in this process: Django was set up without it. Start the server first, or "
            f"in another process, with DJANGO_SETTINGS_MODULE={OURS}."
        )
    return started


def _variables(settings: Settings) -> dict[str, str]:
    """Return the environment variables by which CCP4i2 and the processes of its jobs get these settings."""
    plugins = ",".join(settings.plugins)
    return {
        "CCP4I2_PROJECTS_DIR": str(settings.projects_dir),
        **({"DATABASE_URL": settings.database} if settings.database else {}),
        **({"CCP4HOOKS_CONFIG": str(settings.source)} if settings.source and settings.trusted else {}),
        **({"CCP4HOOKS_PLUGINS": plugins} if plugins else {}),
        **({} if settings.autoload else {"CCP4HOOKS_AUTOLOAD": "0"}),
    }
