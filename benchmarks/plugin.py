"""The plugin that provides the benchmark task and its KPIs."""

from pathlib import Path

from ccp4hooks import Kpi, TaskDescription, hookimpl

DEF_FILE = Path(__file__).parent / "bench_task.def.xml"
SCRIPT = "benchmarks.script:bench_task"


@hookimpl
def register_tasks():
    """Describe the task."""
    return [TaskDescription(name="bench_task", title="bench", script=SCRIPT, def_file=DEF_FILE, needs_ccp4=False)]


@hookimpl
def glean_kpi(job, script):
    """Return as many KPIs as the parameter KPIS requests."""
    if job.task != "bench_task":
        return None
    return [Kpi(key=f"value{n}", value=n / 7) for n in range(int(script.container.controlParameters.KPIS))]
