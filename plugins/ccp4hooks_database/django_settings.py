"""Django settings that put CCP4i2 on the hooks: its own, with our app and a database safe for several processes.

Run CCP4i2 with ``DJANGO_SETTINGS_MODULE=ccp4hooks_database.django_settings``. The database, and plugins that
bring tasks, are those of ``ccp4hooks.toml`` and of the environment.
"""

from __future__ import annotations

from ccp4hooks import load_settings
from ccp4hooks_database.connection.ccp4i2_settings import host_settings
from ccp4hooks_database.connection.url import DatabaseSettings, chosen_target

_settings = load_settings()
_own = _settings.plugin("database", DatabaseSettings)

globals().update(host_settings())

INSTALLED_APPS = [*globals()["INSTALLED_APPS"], "ccp4hooks_database.apps.ServerConfig"]
DATABASES = {"default": dict(chosen_target(_settings.database, _own.wait_s).entry)}
