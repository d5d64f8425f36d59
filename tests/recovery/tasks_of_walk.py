"""A plugin that provides a pipeline with one sub-job."""

from pathlib import Path

from ccp4hooks import TaskDescription, hookimpl


@hookimpl
def register_tasks():
    here = Path(__file__).parent
    return [
        TaskDescription(
            name="walk_pipeline",
            title="Walked",
            script="script_of_walk:walk_pipeline",
            def_file=here / "walk_pipeline.def.xml",
            needs_ccp4=False,
        )
    ]
