"""A plugin for version 1.0 of the contract. It stays as it was written; every later 1.x must run it."""

from dataclasses import dataclass
from pathlib import Path

from ccp4hooks import FileMetadata, Kpi, Problem, Severity, TaskDescription, hookimpl

SEEN = []


@dataclass(frozen=True)
class Options:
    """The settings of the plugin."""

    limit: int = 3
    directory: str = ""


class Plugin:
    """Implements what a plugin without a database could implement."""

    ccp4hooks_requires = ">=1.0,<2"
    ccp4hooks_settings = Options

    def __init__(self, options):
        self.options = options

    @hookimpl
    def configure(self, settings):
        SEEN.append(("configure", settings.project, settings.dry_run, settings.plugin("old", Options).limit))

    @hookimpl
    def init_store(self):
        SEEN.append(("init_store",))
        yield "nothing to do"

    @hookimpl
    def examine(self):
        SEEN.append(("examine",))
        yield f"limit {self.options.limit}"

    @hookimpl
    def find_file(self, query):
        SEEN.append(("find_file",))

    @hookimpl
    def register_tasks(self):
        SEEN.append(("register_tasks",))
        yield TaskDescription(
            name="old_task",
            title="Copy a model",
            script="kit.contracts.plugin_1_0:OldTask",
            def_file=Path(self.options.directory) / "old_task.def.xml",
            needs_ccp4=False,
        )

    @hookimpl
    def pre_import(self, job, script):
        SEEN.append(("pre_import", job.task, script.TASKNAME, job.parent_uuid))
        if job.task == "mtzheader":
            yield Problem(severity=Severity.BLOCK, message="no headers today", cure="Wait.", parameter="HKLIN")

    @hookimpl
    def clean_up(self, project):
        SEEN.append(("clean_up", project.name))

    @hookimpl
    def find_import(self, job, md5, file_type):
        SEEN.append(("find_import", job.number, len(md5), file_type))

    @hookimpl(tryfirst=True)
    def import_file(self, job, file, find):
        SEEN.append(("import_file", job.number, file.parameter, file.file_type, find("0" * 32, file.file_type)))

    @hookimpl
    async def post_execute(self, job, script, finish):
        SEEN.append(("post_execute", job.number, script.TASKNAME, finish.name))

    @hookimpl
    def glean_file(self, job, script, file):
        SEEN.append(("glean_file", file.parameter, file.path.is_relative_to(job.directory)))
        return FileMetadata(annotation="seen by an old plugin", extra={"task": script.TASKNAME})

    @hookimpl
    def glean_kpi(self, job, script):
        yield Kpi(key="oldCount", value=len(script.container.outputData.dataOrder()), unit="", description="old")
        yield Problem(severity=Severity.INFO, message=f"job {job.number} was seen")

    @hookimpl
    def check_file(self, job, file):
        SEEN.append(("check_file", job.number, file.parameter))
        return []

    @hookimpl
    def job_status(self, job, old, new):
        SEEN.append(("job_status", job.number, old.name, new.name))

    @hookimpl
    def job_withdrawn(self, job, new_project):
        SEEN.append(("job_withdrawn", job.task, new_project))

    @hookimpl
    def job_finished(self, job, outcome):
        kpis = {kpi.key: kpi.value for kpi in outcome.kpis}
        files = [(file.parameter, file.annotation, file.extra) for file in outcome.files]
        SEEN.append(("job_finished", job.uuid == outcome.job.uuid, outcome.status.name, kpis, files))


def __getattr__(name):
    """Make the script at its first use, as it imports CCP4i2."""
    if name != "OldTask":
        raise AttributeError(name)
    import shutil

    from ccp4i2.core.CCP4PluginScript import CPluginScript

    class OldTask(CPluginScript):
        TASKNAME = "old_task"

        def process(self):
            self.checkOutputData()
            shutil.copyfile(str(self.container.inputData.XYZIN), str(self.container.outputData.XYZOUT))
            self.reportStatus(CPluginScript.SUCCEEDED)
            return CPluginScript.SUCCEEDED

    globals()[name] = OldTask
    return OldTask
