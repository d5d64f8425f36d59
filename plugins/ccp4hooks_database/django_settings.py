"""Django settings with which CCP4i2 runs its jobs through ccp4hooks.

They are CCP4i2's own settings, with our app, and with database options that are safe for several processes. Run CCP4i2
with ``DJANGO_SETTINGS_MODULE=ccp4hooks_database.django_settings``. The database, and the plugins that register tasks,
are those of ``ccp4hooks.toml`` and of the environment.
"""

from __future__ import annotations

from ccp4hooks import load_settings
from ccp4hooks_database.connection.ccp4i2_settings import ccp4i2_settings
from ccp4hooks_database.connection.url import chosen_target
from ccp4hooks_database.settings import DatabaseSettings

_settings = load_settings()
_own = _settings.plugin("database", DatabaseSettings)

globals().update(ccp4i2_settings())

INSTALLED_APPS = [*globals()["INSTALLED_APPS"], "ccp4hooks_database.apps.ServerConfig"]
DATABASES = {"default": dict(chosen_target(_settings.database, _own.wait_s).entry)}
