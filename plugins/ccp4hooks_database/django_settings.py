"""Django settings with which CCP4i2 runs its jobs through ccp4hooks.

They are CCP4i2's own settings, with our app, with database options that are safe for several processes, and closed to
other machines and to the pages of other web sites. Run CCP4i2 with
``DJANGO_SETTINGS_MODULE=ccp4hooks_database.django_settings``. The database, the directory of new projects, and the
plugins that register tasks, are those of ``ccp4hooks.toml`` and of the environment.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from ccp4hooks import Ccp4HooksError, load_settings
from ccp4hooks_database.connection.ccp4i2_settings import ccp4i2_settings
from ccp4hooks_database.connection.url import chosen_target
from ccp4hooks_database.server.access import closed
from ccp4hooks_database.server.enabled import APPS
from ccp4hooks_database.settings import DatabaseSettings


def _settings() -> dict[str, Any]:
    """Return the settings by name.

    Raises:
        Ccp4HooksError: A setting of ccp4hooks is invalid, or CCP4i2's directories cannot be created.
    """
    given = load_settings()
    target = chosen_target(given.database, given.plugin("database", DatabaseSettings).wait_s)
    # CCP4i2 asks this variable in several places besides its settings, and in the processes of its jobs.
    os.environ["CCP4I2_PROJECTS_DIR"] = str(given.projects_dir)
    settings = closed(ccp4i2_settings())
    return {
        **settings,
        "INSTALLED_APPS": [*settings["INSTALLED_APPS"], APPS[0]],
        "DATABASES": {"default": dict(target.entry)},
    }


try:
    globals().update(_settings())
except Ccp4HooksError as error:
    sys.exit(f"CCP4i2 cannot start with the settings of ccp4hooks: {error}")
