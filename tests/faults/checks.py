"""Functions that several checks of faults use."""

OUTPUTS, INDICATORS = 9, 4
"""Number of files and of values of a job of ``fault_outputs``."""

THREADS, WRAPPED, GOOD = 60, 6, 12
"""Number of jobs that are created at once, of sub-jobs with embedded wrappers, and of valid values of a job of
``fault_kpis``."""

DECLARED = ("DELTA", "ALPHA", "HOTEL", "CHARLIE", "GOLF", "BRAVO", "FOXTROT", "ECHO", "SITE")
"""The outputs of ``fault_outputs`` in the order in which it declares them."""

ENDED = {"FINISHED", "FAILED", "INTERRUPTED", "UNSATISFACTORY"}


def status(seen, number="1"):
    return seen["jobs"][number]["status"]


def statuses(seen, number="1"):
    """Return all observed statuses of a job; empty if the job never existed."""
    return [state for state, _ in seen["history"].get(number, [])]


def jobs_missing(seen):
    return bool(seen["said"]) or len(seen["jobs"]) != THREADS


def not_ended(seen):
    return status(seen) not in ENDED or seen["jobs"]["1"]["finish_time"] is None


def ends_twice(seen):
    """Return whether the job had an end status in the database before it ended."""
    return len([state for state in statuses(seen) if state in ENDED]) != 1


def was_run(seen):
    return "RUNNING" in statuses(seen)


def inputs_of(seen, number="1"):
    return [use for use in seen["uses"] if use["role"] == "IN" and use["user"] == number]


def imported(seen):
    (one,) = seen["imports"]
    return one


def recorded_where_nothing_is(seen):
    return any(row["md5"] is None for row in seen["files"])


def not_recorded_where_it_is(seen):
    return not seen["files"] or recorded_where_nothing_is(seen)


def any_input(seen, wrong, number="1"):
    """Return whether one of a job's inputs is wrong, or no input is recorded."""
    found = inputs_of(seen, number)
    return not found or any(wrong(use) for use in found)


def content_differs(seen):
    return any(one["checksum"] != one["md5"] for one in seen["imports"])


def good_values_missing(seen):
    return any(
        len([key for key in seen["kpis"].get(number, {}) if key.startswith("good")]) < GOOD for number in seen["jobs"]
    )
