"""Run cases as CCP4i2's GUI does: create the job, set its parameters, start the management command ``run_job``."""

import os
from contextlib import contextmanager

import django
from django.conf import settings
from django.core.management import call_command
from parity.cases import RNASE
from parity.sources import add_other_project, finish_window
from parity_tasks import DEF_FILE, SCRIPT, TASK


def run_all(cases, project):
    django.setup()
    _add_pipeline()
    from ccp4i2.db.models import Job, Project

    directory = settings.CCP4I2_PROJECTS_DIR / project
    directory.mkdir(parents=True)
    row = Project.objects.create(name=project, directory=str(directory))
    from ccp4i2.lib.utils.jobs.create import create_job

    add_other_project()
    for case in cases:
        uuid = create_job(projectId=str(row.uuid), taskName=case.task, title=case.name)
        _set_parameters(Job.objects.get(uuid=uuid), case)
        if case.window:
            finish_window(uuid, RNASE)
        with _output_kept():
            call_command("run_job", jobuuid=uuid)


def _add_pipeline():
    """Add the pipeline to the task table of CCP4i2 in this process."""
    from ccp4i2.core.tasks import TASKS, Task

    TASKS.setdefault(TASK, Task(title=TASK, pluginPath=SCRIPT, defXmlPath=str(DEF_FILE)))


def _set_parameters(job, case):
    from ccp4i2.lib.utils.files.upload_param import resolve_list_upload_path
    from ccp4i2.lib.utils.plugins.plugin_context import get_plugin_with_context

    script = get_plugin_with_context(job).data
    for name, value in case.values:
        path = f"{case.task}.{name}"
        resolve_list_upload_path(script.container, path)
        script.container.set_parameter(path, _meant(job, value))
    script.saveDataToXml(str(job.directory / "input_params.xml"))


def _meant(job, value):
    """Return what CCP4i2's GUI sends for a value: a file of an earlier job is sent by its UUID and path."""
    if not str(value).startswith("@"):
        return value
    from ccp4i2.db.models import File

    number, parameter = value[1:].split(".")
    file = File.objects.get(job__project=job.project, job__number=number, job_param_name=parameter)
    return {
        "dbFileId": str(file.uuid),
        "project": str(job.project.uuid),
        "relPath": str(file.rel_path),
        "baseName": file.name,
        "annotation": file.annotation,
        "contentFlag": file.content,
        "subType": file.sub_type,
    }


@contextmanager
def _output_kept():
    """Undo the command's redirection of this process's output."""
    kept = [os.dup(descriptor) for descriptor in (1, 2)]
    try:
        yield
    finally:
        for descriptor, copy in zip((1, 2), kept, strict=True):
            os.dup2(copy, descriptor)
            os.close(copy)
