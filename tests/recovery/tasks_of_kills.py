"""A plugin that provides the tasks of `random_kills.py`."""

from pathlib import Path

from ccp4hooks import TaskDescription, hookimpl

TASKS = ("kills_pipeline", "kills_daemon", "kills_holder")


@hookimpl
def register_tasks():
    here = Path(__file__).parent
    return [
        TaskDescription(
            name=name,
            title="Killed",
            script=f"script_of_kills:{name}",
            def_file=here / "walk_pipeline.def.xml",
            needs_ccp4=False,
        )
        for name in TASKS
    ]
