"""A plugin that provides a pipeline written like those of CCP4i2."""

from pathlib import Path

from ccp4hooks import TaskDescription, hookimpl

TASK = "parity_pipeline"
SCRIPT = "parity_script:ParityPipeline"
DEF_FILE = Path(__file__).with_name("parity_pipeline.def.xml")


@hookimpl
def register_tasks():
    return [TaskDescription(name=TASK, title="Parity", script=SCRIPT, def_file=DEF_FILE, needs_ccp4=False)]
