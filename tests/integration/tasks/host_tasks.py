"""A plugin with a task that prints and a task that runs until it is stopped."""

from pathlib import Path

from ccp4hooks import TaskDescription, hookimpl


@hookimpl
def register_tasks():
    return [
        TaskDescription(
            name=name,
            title="Integration-test task",
            script=f"host_scripts:{name}",
            def_file=Path(__file__).with_name("it_pipeline.def.xml"),
            needs_ccp4=False,
        )
        for name in ("it_prints", "it_endless", "it_borrows")
    ]
