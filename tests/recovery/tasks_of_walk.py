"""A plugin that provides a pipeline with one sub-job, and an engine whose jobs wait for ever."""

from pathlib import Path

from ccp4hooks import Fate, Handle, TaskDescription, hookimpl


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


@hookimpl
def submit_job(engine, job, command):
    """Accept a job. As with a real engine, it has been accepted even if this process is killed now."""
    command.directory.mkdir(parents=True, exist_ok=True)
    accepted = command.directory / "accepted"
    accepted.touch()
    return Handle(engine=engine.name, key=str(accepted))


@hookimpl
def ask_engine(handles):
    return {one: Fate.QUEUED if Path(one.key).exists() else Fate.GONE for one in handles}
