"""A plugin that provides a task with parameters and results of every kind."""

from pathlib import Path

from ccp4hooks import TaskDescription, hookimpl


@hookimpl
def register_tasks():
    return [
        TaskDescription(
            name="param_task",
            title="Task with parameters",
            script="param_scripts:param_task",
            def_file=Path(__file__).with_name("param_task.def.xml"),
            needs_ccp4=False,
        )
    ]
