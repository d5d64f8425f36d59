"""The Django app of the side tables."""

from __future__ import annotations

from django.apps import AppConfig


class HooksConfig(AppConfig):  # type: ignore[misc]
    """Register the side tables under the label ``ccp4hooks``."""

    name = "ccp4hooks_database"
    label = "ccp4hooks"
    default_auto_field = "django.db.models.BigAutoField"


class ServerConfig(HooksConfig):
    """The same for CCP4i2's own server, which then knows the tasks that plugins bring, too."""

    def ready(self) -> None:
        """Add the plugins' tasks to CCP4i2's."""
        from ccp4hooks import load_settings, open_session  # noqa: PLC0415 - only a server needs a session

        open_session(load_settings()).tasks()
