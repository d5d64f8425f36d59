import os
from pathlib import Path

import pytest
from plugins.dask.pools import Sessions

HERE = Path(__file__).parent
TASKS = (HERE.parents[1] / "integration/tasks", HERE / "tasks")
# Other processes import these files, not pytest.
collect_ignore_glob = ["tasks/*"]


@pytest.fixture(scope="module")
def pooled(tmp_path_factory):
    """Makes sessions with the tasks of the tests and with the engines of a settings file."""
    folder = tmp_path_factory.mktemp("pool")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(map(str, TASKS)))
        for one in TASKS:
            patch.syspath_prepend(one)
        patch.delenv("DATABASE_URL", raising=False)
        yield lambda url, engines: Sessions(folder, url, engines)
