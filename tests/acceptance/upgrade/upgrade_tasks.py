"""A plugin with a pipeline whose record has something in every column, and a task that waits until it may end."""

from pathlib import Path

from ccp4hooks import Kpi, TaskDescription, hookimpl

VALUES = {"whole": 277, "real": 0.1 + 0.2, "zero": 0.0, "truth": True, "text": "P 21 21 21"}


@hookimpl
def register_tasks():
    return [
        TaskDescription(
            name=name,
            title="Upgraded",
            script=f"upgrade_scripts:{name}",
            def_file=Path(__file__).with_name("upgrade.def.xml"),
            needs_ccp4=False,
        )
        for name in ("upgrade_pipeline", "upgrade_wait")
    ]


@hookimpl
def glean_kpi(script):
    if script.TASKNAME != "upgrade_pipeline":
        return []
    return [
        Kpi(key=key, value=value, unit="A" if key == "real" else "", description=f"the {key} value")
        for key, value in VALUES.items()
    ]
