"""A plugin that provides a task which changes its process."""

from pathlib import Path

from ccp4hooks import TaskDescription, hookimpl

DEF_FILE = Path(__file__).parents[3] / "integration/tasks/it_pipeline.def.xml"


@hookimpl
def register_tasks():
    return [
        TaskDescription(
            name="changing",
            title="Changes its process",
            script="changing_scripts:changing",
            def_file=DEF_FILE,
            needs_ccp4=False,
        )
    ]
