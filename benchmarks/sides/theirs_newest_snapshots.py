"""The newest CCP4i2, which writes a snapshot of the project three times for each job."""

import os

from benchmarks.sides import theirs


def prepare(place):
    """Set up Django and create the database."""
    connect(place)
    theirs.migrate()


def connect(place):
    """Set up Django with the settings of CCP4i2."""
    os.environ.pop("CCP4I2_DISABLE_PROJECT_SNAPSHOT", None)
    theirs.connect(place)


class Side(theirs.Side):
    """CCP4i2."""

    name = "theirs_newest_snapshots"
