"""Django settings with which CCP4i2 runs its jobs through ccp4hooks.

They are CCP4i2's own settings, with our app, with database options that are safe for several processes, and closed to
other machines and to the pages of other web sites. Run CCP4i2 with
``DJANGO_SETTINGS_MODULE=ccp4hooks_database.django_settings``. The database, the directory of new projects, and the
plugins that register tasks, are those of ``ccp4hooks.toml`` and of the environment.
"""

from __future__ import annotations

import os

from ccp4hooks import load_settings
from ccp4hooks_database.connection.ccp4i2_settings import ccp4i2_settings
from ccp4hooks_database.connection.url import chosen_target
from ccp4hooks_database.server.access import closed
from ccp4hooks_database.settings import DatabaseSettings

_settings = load_settings()
_own = _settings.plugin("database", DatabaseSettings)

# CCP4i2 asks this variable in several places besides its settings, and in the processes of its jobs.
os.environ["CCP4I2_PROJECTS_DIR"] = str(_settings.projects_dir)

globals().update(closed(ccp4i2_settings()))

INSTALLED_APPS = [*globals()["INSTALLED_APPS"], "ccp4hooks_database.apps.ServerConfig"]
DATABASES = {"default": dict(chosen_target(_settings.database, _own.wait_s).entry)}
