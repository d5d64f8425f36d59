"""The Django app of the side tables."""

from __future__ import annotations

import logging

from django.apps import AppConfig

log = logging.getLogger(__name__)


class HooksConfig(AppConfig):  # type: ignore[misc]
    """Register the side tables under the label ``ccp4hooks``."""

    name = "ccp4hooks_database"
    label = "ccp4hooks"
    default_auto_field = "django.db.models.BigAutoField"


class ServerConfig(HooksConfig):
    """The same for CCP4i2's own processes, which then run their jobs through the hooks, tasks of plugins included."""

    # What `ccp4hooks_database` alone means in INSTALLED_APPS.
    default = True

    def ready(self) -> None:
        """Put CCP4i2 on the hooks, add the plugins' tasks to CCP4i2's, and log what is left out of them."""
        from ccp4hooks_database.api import shared_session  # noqa: PLC0415 - CCP4i2's models must be there first
        from ccp4hooks_database.server import patches  # noqa: PLC0415 - CCP4i2's models must be there first

        patches.install()
        session = shared_session.shared_session()
        session.tasks()
        for record in session.plugins:
            if record.state.value in ("failed", "rejected", "conflict"):
                log.warning("the plugin %s is not used (%s): %s", record.name, record.state.value, record.why)
        for problem in session.problems:
            log.warning("%s", problem)
