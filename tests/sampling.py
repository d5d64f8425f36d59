"""Which cases of a test with many cases run by default; the others are marked slow, and `.ci/long` runs all."""

import os
import re
from collections import Counter

import pytest

ALTERNATIVES = re.compile("sqlite|postgresql|umask 002|umask 077")
"""Values of which each test has both, and runs with one by default."""

SUITES_WITH_PROCESSES = (
    "tests/recovery/",
    "tests/integration/",
    "tests/acceptance/",
    "tests/browser/",
    "tests/plugins/batch/test_slurm.py",
    "tests/plugins/dask/",
    "tests/plugins/database/",
)
"""The folders and modules whose tests take seconds each, since they start processes or servers."""


PART, OF, FIRST = map(int, os.environ.get("CCP4HOOKS_TESTS_PART", "1/1/0").split("/"))
"""Of each `OF` tests in `SUITES_WITH_PROCESSES`, `PART` run, beginning with test `FIRST`: `.ci/run` sets them."""


def mark_cases(items):
    """Mark cases as slow.

    * Of a test marked ``sampled(n)``, one case of ``n`` runs.
    * A test in `SUITES_WITH_PROCESSES` that has the same case for two `ALTERNATIVES`, such as both databases, runs
      with one of them: every other test with the second one.
    * Of each `OF` tests in `SUITES_WITH_PROCESSES`, `PART` run.
    """
    seen, pairs = Counter(), {}
    for item in items:
        sampled = item.get_closest_marker("sampled")
        function = item.nodeid.partition("[")[0]
        if sampled is not None:
            if seen[function] % sampled.args[0]:
                item.add_marker(pytest.mark.slow)
            seen[function] += 1
        elif item.nodeid.startswith(SUITES_WITH_PROCESSES) and item.get_closest_marker("slow") is None:
            name, case = function, item.nodeid[len(function) :]
            if ALTERNATIVES.search(case):
                pairs.setdefault((name, ALTERNATIVES.sub("", case)), []).append(item)
    for number, both in enumerate(pairs.values()):
        if len(both) == 2:
            both[number % 2].add_marker(pytest.mark.slow)
    usual = [
        item
        for item in items
        if item.nodeid.startswith(SUITES_WITH_PROCESSES) and item.get_closest_marker("slow") is None
    ]
    for number, item in enumerate(usual):
        if (number + FIRST) % OF >= PART:
            item.add_marker(pytest.mark.slow)
