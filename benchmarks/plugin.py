"""A plugin of ccp4hooks: brings the task, and as many performance values as its KPIS says."""

from pathlib import Path

from ccp4hooks import Kpi, TaskDescription, hookimpl

DEF_FILE = Path(__file__).parent / "bench_task.def.xml"
SCRIPT = "benchmarks.script:bench_task"


@hookimpl
def register_tasks():
    """Bring the task."""
    return [TaskDescription(name="bench_task", title="bench", script=SCRIPT, def_file=DEF_FILE, needs_ccp4=False)]


@hookimpl
def glean_kpi(job, script):
    """Return values."""
    if job.task != "bench_task":
        return None
    return [Kpi(key=f"value{n}", value=n / 7) for n in range(int(script.container.controlParameters.KPIS))]
