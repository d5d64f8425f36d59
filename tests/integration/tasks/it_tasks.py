"""A plugin that provides a pipeline, which runs its sub-jobs in all ways that real pipelines do."""

import shutil
import threading
from pathlib import Path

from ccp4hooks import TaskDescription, hookimpl

HERE = Path(__file__).parent


@hookimpl
def register_tasks():
    return [
        TaskDescription(
            name=name,
            title="Integration-test task",
            script=f"it_scripts:{name}",
            def_file=HERE / "it_pipeline.def.xml",
            needs_ccp4=False,
        )
        for name in (
            "it_pipeline",
            "it_output",
            "it_slow",
            "it_quick",
            "it_mute",
            "it_steps",
            "it_long",
            "it_stubborn",
            "it_daemon",
        )
    ]


def run_in_thread(function):
    thread = threading.Thread(target=function)
    thread.start()
    return thread


def copy_file(source, target):
    shutil.copyfile(str(source), str(target))
