"""CCP4i2's own tracking on a tuned SQLite database: IMMEDIATE transactions, WAL and a timeout."""

from benchmarks.sides import theirs


class Side(theirs.Side):
    """CCP4i2."""

    name = "theirs_immediate"


def prepare(place):
    """Set up Django and create the database."""
    connect(place)
    theirs.migrate()


def connect(place):
    """Set up Django."""
    if not place.url.startswith("sqlite"):
        raise NotImplementedError("these settings exist only for SQLite")
    init = "PRAGMA journal_mode=WAL"
    theirs.connect(place, {"transaction_mode": "IMMEDIATE", "timeout": 30, "init_command": init})
