"""Re-extraction from an ended job adds new values and keeps the origin and the time of known ones."""

import shutil
from pathlib import Path

import ccp4i2
import pytest

from ccp4hooks import BadInputError, FileMetadata, GleanedFile, JobStatus, Kpi, UnknownNameError, hookimpl
from ccp4hooks.maintenance.reglean import merged_files, merged_kpis
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.store import Origin

CCP4I2 = Path(ccp4i2.__file__).parent
MODEL = CCP4I2 / "wrappers/chainsaw/test_data/1a80_A.pdb"
DATA = CCP4I2 / "wrappers/freerflag/test_data/rnase25_fsigf.mtz"


class Site:
    """A plugin of a site that returns two KPIs and an annotation."""

    def __init__(self, key, value):
        self.key, self.value = key, value

    @hookimpl
    def glean_kpi(self):
        return [Kpi(key=self.key, value=self.value)]

    @hookimpl
    def glean_file(self):
        return FileMetadata(annotation=f"{self.key} {self.value}", extra={self.key: self.value})


@pytest.fixture
def session(demo_session):
    return demo_session


def run(session, task="coordinate_selector", **values):
    return session.run(task, (values or {"XYZIN": MODEL}).items(), project="p").outcome


def given(outcome):
    return {kpi.key: (kpi.value, kpi.origin.plugin) for kpi in outcome.kpis}


def recorded_at(job):
    from ccp4hooks_database.models import FileOrigin, ValueOrigin

    values = ValueOrigin.objects.filter(job__uuid=job.uuid).values_list("key", "recorded_at")
    files = FileOrigin.objects.filter(file__job__uuid=job.uuid).values_list("parameter", "recorded_at")
    return dict(values), dict(files)


def test_reglean_adds_values_of_new_plugins_and_keeps_those_of_removed_plugins(session):
    first = run(session(old=Site("old", 1)))
    values, files = recorded_at(first.job)
    again = session(new=Site("new", 2.5))
    (done,) = again.reglean(first.job.project, "1").outcomes
    known = {"nAtoms": (2122, "kpi"), "nResidues": (277, "kpi"), "old": (1, "old")}
    assert given(done) == {**known, "new": (2.5, "new")}
    (file,) = done.files
    assert (file.annotation, file.extra) == ("new 2.5", {"old": 1, "new": 2.5})
    assert [file.origins[name].plugin for name in ("file", "annotation", "old", "new")] == ["core", "new", "old", "new"]
    assert outcome_file.read(done.job.directory / outcome_file.FILE_NAME) == done
    (recorded,) = again.outcomes(first.job.project)
    assert given(recorded) == given(done)
    later, later_files = recorded_at(first.job)
    assert {key: later[key] for key in values} == values
    assert later["new"] > max(values.values())
    assert later_files == files


def test_reglean_without_new_plugins_changes_nothing(session):
    first = run(session(old=Site("old", 1)), "demo_pipeline", F_SIGF=DATA, XYZIN=MODEL)
    again = session()
    before = again.outcomes(first.job.project)
    path = first.job.directory / outcome_file.FILE_NAME
    stamps = path.stat().st_mtime_ns, recorded_at(first.job)
    done = again.reglean(first.job.project, "1")
    assert [one.job.number for one in done.outcomes] == ["1", "1.1", "1.2"]
    assert done.outcomes[0] == first
    assert again.outcomes(first.job.project) == before
    assert (path.stat().st_mtime_ns, recorded_at(first.job)) == stamps


def test_reglean_replaces_a_value_that_a_plugin_changed(session):
    first = run(session(site=Site("site", 1)))
    (done,) = session(site=Site("site", 2)).reglean(first.job.project, "1").outcomes
    assert given(done)["site"] == (2, "site")
    assert done.files[0].annotation == "site 2"


@pytest.mark.parametrize("status", [JobStatus.RUNNING, JobStatus.PENDING])
def test_reglean_does_not_change_a_job_that_has_not_ended(session, status):
    from ccp4i2.db.models import Job

    now = session(new=Site("new", 1))
    first = run(session())
    Job.objects.filter(uuid=first.job.uuid).update(status=int(status))
    before = (first.job.directory / outcome_file.FILE_NAME).read_bytes()
    with pytest.raises(BadInputError, match=rf"Job 1 of the project 'p' has not ended \({status.name}\)"):
        now.reglean(first.job.project, "1")
    assert (first.job.directory / outcome_file.FILE_NAME).read_bytes() == before


def test_reglean_of_an_unsuitable_job_is_an_error(session):
    first = run(session())
    with pytest.raises(UnknownNameError, match="Unknown job '7'"):
        session().reglean(first.job.project, "7")
    (first.job.directory / "params.xml").write_text('<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>')
    with pytest.raises(BadInputError, match="declares a document type"):
        session().reglean(first.job.project, "1")
    (first.job.directory / outcome_file.FILE_NAME).unlink()
    assert refusal(session(), first.job.project) == (
        "Job 1 of the project 'p' has no valid outcome file, so its files and KPIs cannot be extracted again. "
        "Run `ccp4hooks recover p`, which writes the file from the database."
    )


def refusal(session, project):
    with pytest.raises(BadInputError) as error:
        session.reglean(project, "1")
    return str(error.value)


def test_reglean_of_a_job_without_a_directory_does_not_advise_to_recover(session):
    project = run(session()).job.project
    shutil.rmtree(project.jobs_directory / "job_1")
    assert session().recover(project).outcomes == ()
    assert refusal(session(), project) == (
        "Job 1 of the project 'p' has no valid outcome file, so its files and KPIs cannot be extracted again. Its "
        f"directory {project.jobs_directory / 'job_1'} does not exist. Restore it from a backup, or run the job again."
    )
    project.directory.rename(project.directory.with_name("moved"))
    assert refusal(session(), project).startswith(
        f"The directory {project.directory} of the project 'p' does not exist. If it was moved or renamed, run "
        "`ccp4hooks projects move p DIR` with its present place."
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{", "Cannot read the outcome file {}: JSONDecodeError: "),
        ("", "Cannot read the outcome file {}: JSONDecodeError: "),
        ('{"schema_version": 1}', "Invalid outcome file {}: "),
    ],
)
def test_a_corrupt_outcome_file_can_be_written_again_from_the_database(session, text, fault):
    first = run(session())
    project, path = first.job.project, first.job.directory / outcome_file.FILE_NAME
    path.write_text(text)
    cure = (
        " The database knows the job: without a backup, delete the file and run `ccp4hooks recover p`, which writes it "
        "again."
    )
    (said,) = session().replay(project).unreadable
    assert said.startswith(fault.format(path))
    assert said.endswith(cure)
    assert refusal(session(), project) == said
    shown = session()
    shown.outcomes(project, "1")
    assert shown.unreadable == (said,)
    path.unlink()
    (written,) = session().recover(project).outcomes
    assert outcome_file.read(path) == written
    assert session().replay(project).unreadable == ()


def test_reglean_works_for_an_adopted_job(session, tmp_path):
    first = run(session(old=Site("old", 1)))
    shutil.copytree(first.job.project.directory, tmp_path / "there")
    here = session(new=Site("new", 2))
    (adopted,) = here.adopt(tmp_path / "there/CCP4_JOBS/job_1", "q").outcomes
    (done,) = here.reglean(adopted.job.project, "1").outcomes
    assert set(given(done)) == {"nAtoms", "nResidues", "old", "new"}
    assert [file.uuid for file in done.files] == [file.uuid for file in adopted.files]


def test_a_boolean_differs_from_the_equal_number():
    old, new = Origin(plugin="old"), Origin(plugin="new")
    earlier = [Kpi(key="a", value=1, origin=old), Kpi(key="b", value=2, origin=old)]
    found = [Kpi(key="a", value=True, origin=new), Kpi(key="b", value=2, origin=new)]
    assert [(kpi.value, kpi.origin) for kpi in merged_kpis(earlier, found)] == [(True, new), (2, old)]


@pytest.mark.parametrize("parameter", ["inputData.XYZIN", "outputData.XYZOUT"])
def test_reglean_keeps_the_record_of_a_missing_file_and_warns(session, parameter):
    first = run(session())
    (gone,) = [one for one in (*first.imported, *first.files) if one.parameter == parameter]
    content = gone.path.read_bytes()
    gone.path.unlink()
    again = session()
    (done,) = again.reglean(first.job.project, "1").outcomes
    assert (done.files, done.imported) == (first.files, first.imported)
    (recorded,) = again.outcomes(first.job.project)
    assert [one.parameter for one in (*recorded.imported, *recorded.files)] == ["inputData.XYZIN", "outputData.XYZOUT"]
    message = (
        f"Job 1 of p: the recorded file {gone.path} ({parameter}) does not exist. Its record was kept. Restore the "
        "file from a backup, or run the job again."
    )
    assert [(str(one), one.path) for one in again.problems] == [(message, gone.path)]
    gone.path.write_bytes(content)
    restored = session()
    assert restored.reglean(first.job.project, "1").outcomes == (done,)
    assert restored.problems == ()


def test_reglean_fills_gaps_and_keeps_missing_files(tmp_path):
    from uuid import uuid4

    core, site = Origin(plugin="core"), Origin(plugin="site")
    there = tmp_path / "there"
    there.touch()

    def file(path, origin, **fields):
        origins = dict.fromkeys(fields, origin)
        return GleanedFile(
            uuid=uuid4(), parameter=path.name, path=path, size_bytes=0, file_type="t", origins=origins, **fields
        )

    known, gone = file(there, site, annotation="ours"), file(tmp_path / "gone", site)
    merged, missing = merged_files([known, gone], [file(there, core, annotation="theirs", content_flag=2)])
    assert missing == gone
    assert (merged.annotation, merged.content_flag) == ("ours", 2)
    assert merged.origins == {"annotation": site, "content_flag": core}
