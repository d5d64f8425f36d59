"""The task of the demo: a small pipeline with two sub-jobs.

This plugin has no entry point, so it must be enabled: ``ccp4hooks -p ccp4hooks_demo run demo_pipeline ...``.
It is also a minimal, complete example of a task package.
"""

from __future__ import annotations

from pathlib import Path

from ccp4hooks import TaskDescription, hookimpl

__all__ = ["TASK", "register_tasks"]

TASK = "demo_pipeline"
"""TASKNAME of the pipeline."""


@hookimpl.register_tasks
def register_tasks() -> tuple[TaskDescription, ...]:
    """Describe the pipeline without importing its module, which needs CCP4i2."""
    return (
        TaskDescription(
            name=TASK,
            title="ccp4hooks demo: free R set and model of one crystal",
            script="ccp4hooks_demo.pipeline:DemoPipeline",
            def_file=Path(__file__).with_name("demo_pipeline.def.xml"),
            needs_ccp4=False,
        ),
    )
