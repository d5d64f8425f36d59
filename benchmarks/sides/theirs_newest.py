"""The newest CCP4i2, without its snapshots of the project."""

import os

from benchmarks.sides import theirs


def prepare(place):
    """Set up Django and create the database."""
    connect(place)
    theirs.migrate()


def connect(place):
    """Set up Django with the settings of CCP4i2."""
    os.environ["CCP4I2_DISABLE_PROJECT_SNAPSHOT"] = "1"
    theirs.connect(place)


class Side(theirs.Side):
    """CCP4i2."""

    name = "theirs_newest"
