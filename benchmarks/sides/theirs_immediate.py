"""CCP4i2's own tracking on a SQLite database that it was told to use well: IMMEDIATE transactions, WAL, a timeout."""

from benchmarks.sides import theirs


class Side(theirs.Side):
    """CCP4i2."""

    name = "theirs_immediate"


def prepare(place):
    """Set this process up, and make the database."""
    connect(place)
    theirs.migrate()


def connect(place):
    """Set this process up."""
    if not place.url.startswith("sqlite"):
        raise NotImplementedError("only SQLite has such settings")
    init = "PRAGMA journal_mode=WAL"
    theirs.connect(place, {"transaction_mode": "IMMEDIATE", "timeout": 30, "init_command": init})
