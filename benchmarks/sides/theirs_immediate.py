"""CCP4i2's own tracking on a SQLite database that it was told to use well: IMMEDIATE transactions, WAL, a timeout."""

from benchmarks.sides import theirs

Side = theirs.Side


def prepare(place):
    """Set this process up."""
    if not place.url.startswith("sqlite"):
        raise NotImplementedError("only SQLite has such settings")
    init = "PRAGMA journal_mode=WAL"
    theirs.prepare(place, {"transaction_mode": "IMMEDIATE", "timeout": 30, "init_command": init})
