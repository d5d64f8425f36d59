"""A plugin that provides the tasks of `fault_scripts`. Their parameter MODE selects what they do."""

from pathlib import Path

from ccp4hooks import TaskDescription, hookimpl

SCRIPTS = {
    "fault_pipeline": "fault_scripts:fault_pipeline",
    "fault_child": "fault_scripts:fault_child",
    "fault_output": "fault_scripts:fault_output",
    "fault_once": "fault_scripts:fault_once",
    "fault_program": "fault_scripts:fault_program",
    "fault_outputs": "fault_writers:fault_outputs",
    "fault_wrapped": "fault_writers:fault_wrapped",
    "fault_kpis": "fault_writers:fault_kpis",
}
DEF_FILE = Path(__file__).parent / "fault_task.def.xml"


@hookimpl
def register_tasks():
    return [
        TaskDescription(name=name, title=name, script=script, def_file=DEF_FILE, needs_ccp4=False)
        for name, script in SCRIPTS.items()
    ]
