"""The Django app of the side tables."""

from __future__ import annotations

import logging
import sys

from django.apps import AppConfig

from ccp4hooks import Ccp4HooksError

log = logging.getLogger(__name__)


class HooksConfig(AppConfig):  # type: ignore[misc]
    """Register the side tables under the label ``ccp4hooks``."""

    name = "ccp4hooks_database"
    label = "ccp4hooks"
    default_auto_field = "django.db.models.BigAutoField"


class ServerConfig(HooksConfig):
    """Register the side tables in CCP4i2's own processes, and make these run their jobs through ccp4hooks."""

    # Django uses this class if INSTALLED_APPS has `ccp4hooks_database` alone.
    default = True

    def ready(self) -> None:
        """Patch CCP4i2, add the tasks of plugins to CCP4i2's tasks, and log the plugins and tasks that are left out.

        If a setting of ccp4hooks is invalid, end the process with a message: its jobs could not run through the hooks.
        """
        from ccp4hooks_database.api import shared_session  # noqa: PLC0415 - needs CCP4i2's models
        from ccp4hooks_database.server import patches  # noqa: PLC0415 - needs CCP4i2's models

        patches.install()
        try:
            session = shared_session.shared_session()
            session.tasks()
        except Ccp4HooksError as error:
            sys.exit(f"CCP4i2 cannot start with ccp4hooks: {error}")
        for record in session.plugins:
            if record.state.value in ("failed", "rejected", "conflict"):
                log.warning("The plugin %s is not in use (%s): %s", record.name, record.state.value, record.why)
        for problem in session.problems:
            log.warning("%s", problem)
