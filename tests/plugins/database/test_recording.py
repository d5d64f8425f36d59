"""Recording an outcome: the rows that ccp4i2 reads, and the outcome that is read back."""

import threading
from dataclasses import replace
from uuid import uuid4

import pytest
from plugins.database.helpers import (
    CORE,
    KPI,
    MOMENT,
    gleaned,
    imported,
    kpi,
    opened,
    outcome_of,
    request_for,
    use,
)

from ccp4hooks import JobStatus, ParameterSource, ParameterValue, Provenance, ResultValue, StoreError
from ccp4hooks.store import FileQuery, FileUse
from ccp4hooks_database.connection.pool import POOL

LONG = "outputData.PERFORMANCE_OF_A_VERY_LONG_LIST_OF_FILES[12].XYZOUT"


@pytest.fixture
def job(plugin, project):
    return opened(plugin, project)


@pytest.fixture
def full(job):
    """An outcome with imports, files and KPIs of every kind."""
    return outcome_of(
        job,
        imported=(imported(job), imported(job, "modèle β.pdb", "inputData.LIST[0]")),
        files=(
            gleaned(job),
            gleaned(job, "sub/dir/XYZOUT.pdb", "outputData.XYZOUT", content_flag=None, file_type="chemical/x-pdb"),
            gleaned(job, "../../LOG.txt", LONG, file_type="application/x-of-a-site"),
        ),
        kpis=(
            kpi("RFree", 0.25, unit="A", description="Free R Factor", indicator="outputData.PERFORMANCE"),
            kpi("nLigandsOfSite", 0),
            kpi("converged", value=False),
            kpi("spaceGroupOfSite", "P 21 21 21"),
            kpi("zero", 0.0),
        ),
        parameters=(
            ParameterValue(
                name="F_SIGF", value="CCP4_JOBS/job_1/F.mtz", source=ParameterSource.JOB, job="1", is_file=True
            ),
            ParameterValue(name="FRAC", value=0.1, class_name="CFloat", default=0.05),
            ParameterValue(name="CYCLES", value=5, default=10, replaced=0, source=ParameterSource.TASK),
            ParameterValue(name="UNIQUEIFY", value=False, default=True),
            ParameterValue(name="COMPLETE", value=True, default=False),
            ParameterValue(name="KEYWORDS", value="à" * 997 + "...", size=2000, sha256="1" * 64),
            ParameterValue(name="HUGE", value=1e22, default=1e22),
        ),
        results=(ResultValue(name="cell.a", value=64.9), ResultValue(name="cell.a", value="x", place="program.xml")),
        software={"ccp4hooks": "0.1.0"},
        provenance=Provenance(
            command="ccp4hooks run freerflag", user="ada", host="lab", programs={"MTZDUMP": "8.0"}, cpu_s=0.5
        ),
    )


def counts(rows):
    """Return every row, with its key, of every table into which outcomes are written."""
    from ccp4i2.db import models as host

    from ccp4hooks_database import models as own

    tables = (
        host.Job, host.File, host.FileImport, host.FileUse, host.FileType, host.JobValueKey, host.JobFloatValue,
        host.JobCharValue, own.FileOrigin, own.ValueOrigin, own.UseOrigin, own.PendingUse, own.RecordedValue,
        own.JobProvenance,
    )  # fmt: skip
    return rows(lambda: [list(table.objects.order_by("pk").values()) for table in tables])


def test_ccp4i2_sees_files_uses_imports_and_values(plugin, rows, job, full):
    from ccp4i2.db import models as host

    plugin.job_finished(job, full)
    files = rows(lambda: list(host.File.objects.select_related("job__project").order_by("pk")))
    assert all(file.path.exists() for file in files)
    assert [file.name for file in files] == [
        "native.mtz", "modèle β.pdb", "HKLOUT.mtz", "sub/dir/XYZOUT.pdb", "../../LOG.txt"
    ]  # fmt: skip
    assert [file.content for file in files] == [4, 4, 1, None, 1]
    uses = rows(lambda: list(host.FileUse.objects.order_by("pk").values_list("role", "job_param_name")))
    assert uses[:4] == [(1, "F_SIGF"), (1, "LIST[0]"), (0, "FREEROUT"), (0, "XYZOUT")]
    entry = rows(lambda: host.FileImport.objects.order_by("pk").values().first())
    assert (entry["checksum"], entry["name"]) == (full.imported[0].md5, "/data/native.mtz")
    assert entry["last_modified"] == MOMENT
    numbers = dict(rows(lambda: list(host.JobFloatValue.objects.values_list("key_id", "value"))))
    assert numbers == {"RFree": 0.25, "nLigandsOfSite": 0.0, "converged": 0.0, "zero": 0.0}
    assert rows(lambda: host.JobCharValue.objects.get().value) == "P 21 21 21"
    row = rows(host.Job.objects.get)
    assert (row.status, row.finish_time, row.process_id) == (6, MOMENT, None)


def test_a_recorded_outcome_is_read_back(plugin, project, job, full):
    plugin.job_status(job, JobStatus.RUNNING, (), ())
    plugin.job_finished(job, full)
    (read,) = plugin.read_outcomes(project, "1")
    assert read.job == job
    assert read.imported == full.imported
    assert read.kpis == full.kpis
    assert (read.parameters, read.results) == (full.parameters, full.results)
    assert [type(one.default) for one in read.parameters] == [type(one.default) for one in full.parameters]
    assert (read.software, read.provenance) == (full.software, full.provenance)
    assert [type(value.value) for value in read.kpis] == [float, int, bool, str, float]
    assert [(f.uuid, f.parameter, f.path.resolve()) for f in read.files] == [
        (f.uuid, f.parameter, f.path.resolve()) for f in full.files
    ]
    assert [f.origins for f in read.files] == [{"file": CORE}] * 3
    assert {value.origin for value in read.kpis} == {KPI}
    assert (read.status, read.finished_at) == (JobStatus.FINISHED, MOMENT)
    assert read.created_at < read.started_at


def test_recording_an_outcome_twice_changes_nothing(plugin, rows, job, full):
    plugin.job_finished(job, full)
    before = counts(rows)
    plugin.job_finished(job, full)
    assert counts(rows) == before


def test_a_later_outcome_removes_missing_rows_and_updates_changed_ones(plugin, project, job, full):
    plugin.job_finished(job, full)
    kept = replace(full.files[0], annotation="Better flags")
    later = replace(
        full, files=(kept,), imported=full.imported[:1], kpis=(kpi("RFree", "none"),), status=JobStatus.FAILED
    )
    plugin.job_finished(job, later)
    (read,) = plugin.read_outcomes(project, None)
    assert [f.annotation for f in read.files] == ["Better flags"]
    assert read.imported == full.imported[:1]
    assert [(value.key, value.value) for value in read.kpis] == [("RFree", "none")]
    assert read.status is JobStatus.FAILED


def written(plugin, job, outcome):
    """Record an outcome and return the number of writing statements and of all statements."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from ccp4hooks_database.repository import record

    with CaptureQueriesContext(connection) as queries:
        record.record(job, outcome)
    statements = [query["sql"].split()[0] for query in queries]
    return sum(word in {"INSERT", "UPDATE", "DELETE"} for word in statements), len(statements)


def test_two_hundred_files_and_values_take_no_more_statements_than_one(plugin, project):
    few, many = (opened(plugin, project) for _ in range(2))

    def of(job, number):
        return outcome_of(
            job,
            imported=(imported(job, f"in_{job.number}.mtz"),),
            files=tuple(gleaned(job, f"{n}.mtz", f"outputData.LIST[{n}]") for n in range(number)),
            kpis=(kpi("RFree", 0.1), kpi("space", "P1"), *(kpi(f"k{n}", n) for n in range(number))),
        )

    store = plugin.store()
    first = store.write(lambda: written(plugin, few, of(few, 1)))
    second = store.write(lambda: written(plugin, many, of(many, 60)))
    assert second == first
    assert store.write(lambda: written(plugin, many, of(many, 60)))[0] == 1
    # SQLite needs several statements for 200 rows, since the number of parameters is limited.
    assert store.write(lambda: written(plugin, many, of(many, 200)))[0] <= 20
    # The file types and KPI names of this job are recorded already.
    third = opened(plugin, project)
    assert store.write(lambda: written(plugin, third, of(third, 1)))[0] <= 9


def test_an_import_used_again_is_one_file_with_two_uses(plugin, project, job):
    from ccp4i2.db.models import File

    first = imported(job)
    plugin.job_finished(job, outcome_of(job, imported=(first,)))
    later = opened(plugin, project)
    known = plugin.find_import(later, first.md5, first.file_type)
    assert known.uuid == first.uuid
    shared = replace(
        first, uuid=known.uuid, parameter="inputData.OTHER", source=first.source.with_name("b"), reused=True
    )
    plugin.job_finished(later, outcome_of(later, imported=(shared,)))
    assert plugin.read_outcomes(project, "2")[0].imported == (shared,)
    assert plugin.store().read(File.objects.count) == 1


def test_an_import_that_is_missing_or_of_another_type_or_project_is_not_found(plugin, project, job, tmp_path):
    first = imported(job)
    plugin.job_finished(job, outcome_of(job, imported=(first,)))
    elsewhere = replace(project, name="other", directory=tmp_path / "other", uuid=uuid4())
    assert plugin.find_import(job, first.md5, "chemical/x-pdb") is None
    assert plugin.find_import(replace(job, project=elsewhere), first.md5, first.file_type) is None
    first.path.unlink()
    assert plugin.find_import(job, first.md5, first.file_type) is None


def test_a_use_stays_pending_until_its_own_file_is_recorded(plugin, project, rows, job):
    from ccp4hooks_database.models import PendingUse

    child = opened(plugin, project, parent=job, child_index=1)
    files = [imported(job), imported(job, "later.mtz", "inputData.LATER")]
    uses = [FileUse(file_uuid=one.uuid, parameter=one.parameter, path=one.path) for one in files]
    plugin.job_finished(child, outcome_of(child, uses=tuple(uses)))
    plugin.job_finished(job, outcome_of(job, imported=(files[0],)))
    assert rows(lambda: [one.file_uuid for one in PendingUse.objects.all()]) == [files[1].uuid]
    assert plugin.read_outcomes(project, "1.1")[0].uses == (uses[0],)


def test_a_sub_job_may_use_a_file_that_its_parent_records_later(plugin, project, rows, job):
    from ccp4hooks_database.models import PendingUse

    child = opened(plugin, project, parent=job, child_index=1)
    source = imported(job)
    used = FileUse(file_uuid=source.uuid, parameter="prosmartProtein.F_SIGF", path=source.path)
    plugin.job_finished(child, outcome_of(child, uses=(used,)))
    assert rows(PendingUse.objects.count) == 1
    plugin.job_finished(job, outcome_of(job, imported=(source,)))
    assert rows(PendingUse.objects.count) == 0
    before = counts(rows)
    plugin.job_finished(child, outcome_of(child, uses=(used,)))
    assert counts(rows) == before
    assert plugin.read_outcomes(project, "1.1")[0].uses == (used,)


def test_jobs_are_read_in_the_order_of_their_numbers_with_a_constant_number_of_queries(plugin, project):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from ccp4hooks_database.repository import read as repository_read

    jobs = [plugin.open_job(request_for(project)) for _ in range(11)]
    for n in (1, 10, 2):
        plugin.open_job(request_for(project, parent=jobs[0], child_index=n))
    numbers = [outcome.job.number for outcome in plugin.read_outcomes(project, None)]
    assert numbers == ["1", "1.1", "1.2", "1.10", *(str(n) for n in range(2, 12))]
    assert [o.job.number for o in plugin.read_outcomes(project, "1")] == ["1", "1.1", "1.2", "1.10"]
    assert plugin.read_outcomes(project, "77") == []

    def counted():
        with CaptureQueriesContext(connection) as queries:
            repository_read.read_outcomes(project, None)
        return len(queries)

    assert plugin.store().read(counted) == 7


def test_a_job_that_ccp4i2_made_is_read_without_origins(plugin, project, rows, job):
    from ccp4i2.db import models as host

    def make():
        row = host.Job.objects.get()
        file = host.File.objects.create(
            name="x.pdb", directory=1, type_id="chemical/x-pdb", job=row, job_param_name="XYZOUT"
        )
        host.FileUse.objects.create(file=file, job=row, role=0, job_param_name="XYZOUT")
        host.JobFloatValue.objects.create(job=row, key_id="RFree", value=0.5)
        copy = host.File.objects.create(name="in.pdb", directory=2, type_id="chemical/x-pdb", job=row)
        host.FileImport.objects.create(file=copy, name="/data/in.pdb", checksum="0" * 32, time=MOMENT)
        host.File.objects.create(name="lost.pdb", directory=2, type_id="chemical/x-pdb", job=row)

    rows(make)
    (read,) = plugin.read_outcomes(project, None)
    assert [(f.parameter, f.path, f.origins) for f in read.files] == [
        ("outputData.XYZOUT", job.directory / "x.pdb", {})
    ]
    assert [(v.key, v.value, v.origin) for v in read.kpis] == [("RFree", 0.5, None)]
    assert [(f.path.name, f.source.name, f.modified_at.year) for f in read.imported] == [
        ("in.pdb", "in.pdb", 2026),
        ("lost.pdb", "lost.pdb", 1970),
    ]


def test_files_are_found_by_uuid_by_path_and_as_a_jobs_output(plugin, project, job, full):
    plugin.job_finished(job, full)
    for file in full.files:
        found = plugin.find_file(FileQuery(project=project, uuid=file.uuid))
        assert found.path.resolve() == file.path.resolve()
        assert plugin.find_file(FileQuery(project=project, path=file.path)) == found
        name = file.parameter.removeprefix("outputData.")
        assert plugin.find_file(FileQuery(project=project, job_number="1", parameter=name)) == found
        assert found.parameter == name
    known = plugin.find_file(FileQuery(project=project, path=full.imported[0].path))
    assert (known.uuid, known.md5) == (full.imported[0].uuid, full.imported[0].md5)
    assert plugin.find_file(FileQuery(project=project, path=job.directory / "no.mtz")) is None
    assert plugin.find_file(FileQuery(project=project, job_number="2", parameter="FREEROUT")) is None


def test_a_file_outside_the_project_is_not_recorded_but_the_others_are(plugin, project, job, tmp_path):
    outside = replace(gleaned(job, parameter="outputData.OTHER"), path=tmp_path / "elsewhere.mtz")
    plugin.job_finished(job, outcome_of(job, files=(outside, gleaned(job))))
    assert [f.parameter for f in plugin.read_outcomes(project, None)[0].files] == ["outputData.FREEROUT"]


def test_an_output_in_the_directory_of_imports_is_recorded_there_and_is_no_import(plugin, project, rows, job):
    from ccp4i2.db.models import File

    placed = gleaned(job, "../../CCP4_IMPORTED_FILES/set.mtz")
    source = imported(job)
    outcome = outcome_of(job, files=(placed,), imported=(source,))
    plugin.job_finished(job, outcome)
    columns = rows(lambda: [[one.directory, one.name, one.path] for one in File.objects.order_by("name")])
    imports = project.imports_directory
    assert columns == [[2, "native.mtz", imports / "native.mtz"], [2, "set.mtz", imports / "set.mtz"]]
    (read,) = plugin.read_outcomes(project, "1")
    assert [(one.uuid, one.path) for one in read.files] == [(placed.uuid, imports / "set.mtz")]
    assert read.imported == (source,)
    found = plugin.find_file(FileQuery(project=project, job_number="1", parameter="FREEROUT"))
    assert found == plugin.find_file(FileQuery(project=project, path=imports / "set.mtz"))
    assert found.uuid == placed.uuid
    before = counts(rows)
    plugin.job_finished(job, outcome)
    assert counts(rows) == before


def test_an_output_in_the_directory_of_imports_that_a_second_run_does_not_write_is_removed(plugin, rows, job):
    from ccp4i2.db.models import File, FileUse

    placed = gleaned(job, "../../CCP4_IMPORTED_FILES/set.mtz")
    plugin.job_finished(job, outcome_of(job, files=(placed,), imported=(imported(job),)))
    plugin.job_finished(job, outcome_of(job, files=()))
    assert rows(lambda: [list(File.objects.values_list("name")), FileUse.objects.count()]) == [[], 0]


def test_deleting_a_job_in_ccp4i2_deletes_its_rows_in_the_side_tables(plugin, rows, job, full):
    from ccp4i2.db.models import Job

    from ccp4hooks_database import models as own

    plugin.job_finished(job, full)
    rows(lambda: Job.objects.get().delete())
    tables = (own.FileOrigin, own.ValueOrigin, own.UseOrigin, own.JobOwner, own.RecordedValue, own.JobProvenance)
    assert rows(lambda: [table.objects.count() for table in tables]) == [0] * len(tables)


def test_init_removes_rows_orphaned_by_a_ccp4i2_without_the_side_tables(plugin, rows, job, full):
    from django.db import connection

    plugin.job_finished(job, full)

    def delete():
        for table in ("fileuse", "fileimport", "file", "jobfloatvalue", "jobcharvalue", "job"):
            connection.cursor().execute(f"DELETE FROM ccp4i2_{table}")  # noqa: S608 - names of our own

    rows(delete)
    assert any("Removed" in line for line in plugin.init_store())
    assert len(list(plugin.init_store())) == 1


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**400, "x" * 256])
def test_an_invalid_kpi_is_rejected_and_nothing_is_recorded(plugin, project, job, value):
    with pytest.raises(StoreError, match="cannot be recorded"):
        plugin.job_finished(job, outcome_of(job, files=(gleaned(job),), kpis=(kpi("k", value),)))
    (read,) = plugin.read_outcomes(project, None)
    assert (read.status, read.files) == (JobStatus.PENDING, ())


def test_the_outcome_of_a_job_from_another_database_is_rejected(plugin, job):
    stranger = replace(job, uuid=uuid4())
    with pytest.raises(StoreError, match="Record it in the database in which it was opened"):
        plugin.job_finished(stranger, outcome_of(stranger))


def test_write_ahead_logging_is_enabled_only_by_its_setting(sqlite_file, tmp_path, project):
    url = f"sqlite:///{sqlite_file}"
    use(url, tmp_path).open_job(request_for(project))
    assert sqlite_file.read_bytes()[18] == 1
    plugin = use(url, tmp_path, wal=True)
    job = opened(plugin, project)
    plugin.job_finished(job, outcome_of(job, files=(gleaned(job),)))
    assert sqlite_file.read_bytes()[18] == 2
    before = sqlite_file.read_bytes()
    assert len(use(url, tmp_path).read_outcomes(project, None)) == 2
    assert sqlite_file.read_bytes() == before
    plugin.snapshots.wait()
    POOL.close()  # otherwise it happens after a short time
    assert [p.name for p in tmp_path.glob("db.sqlite3*")] == ["db.sqlite3"]


def test_parameters_are_read_for_one_job_and_not_for_a_list_of_jobs(plugin, project, job, full):
    plugin.job_finished(job, full)
    (one,), (listed,) = plugin.read_outcomes(project, "1"), plugin.read_outcomes(project, None)
    assert (len(one.parameters), one.provenance.user) == (7, "ada")
    assert (listed.parameters, listed.results, listed.provenance) == ((), (), Provenance())


def test_parameters_can_be_compared_as_numbers_in_the_side_table(plugin, rows, job, full):
    from ccp4hooks_database.models import RecordedValue

    plugin.job_finished(job, full)
    low = rows(lambda: list(RecordedValue.objects.filter(number__lt=1).values_list("role", "name", "text")))
    assert low == [("parameter", "FRAC", "0.1"), ("parameter", "UNIQUEIFY", "False")]


def test_a_job_that_an_earlier_version_has_recorded_is_read_without_parameters(plugin, rows, project, job, full):
    from ccp4hooks_database.models import JobProvenance, RecordedValue

    plugin.job_finished(job, full)
    rows(lambda: [RecordedValue.objects.all().delete(), JobProvenance.objects.all().delete()])
    (read,) = plugin.read_outcomes(project, "1")
    assert (read.parameters, read.provenance, len(read.kpis)) == ((), Provenance(), 5)


def test_a_job_that_runs_is_known_to_read_its_files_and_has_the_same_uses_at_its_end(plugin, rows, project, job):
    from ccp4i2.db.models import FileUse as Row

    made = outcome_of(job, imported=(imported(job),), files=(gleaned(job),))
    plugin.job_finished(job, made)
    reader = opened(plugin, project)
    again = replace(made.imported[0], parameter="inputData.HKLIN", reused=True)
    use_of = FileUse(file_uuid=made.files[0].uuid, parameter="inputData.LIST[0]", path=made.files[0].path)
    shared = FileUse(file_uuid=again.uuid, parameter=again.parameter, path=again.path)
    unknown = FileUse(file_uuid=uuid4(), parameter="inputData.XYZIN", path=job.directory / "x.pdb")
    plugin.job_status(reader, JobStatus.RUNNING, (use_of, shared, unknown), ())
    recorded = rows(lambda: list(Row.objects.filter(job__uuid=reader.uuid).order_by("pk").values()))
    assert [(one["role"], one["job_param_name"]) for one in recorded] == [(1, "LIST[0]"), (1, "HKLIN")]
    assert plugin.read_outcomes(project, reader.number)[0].uses == (use_of, shared)
    plugin.job_finished(reader, outcome_of(reader, uses=(use_of,), imported=(again,)))
    assert rows(lambda: list(Row.objects.filter(job__uuid=reader.uuid).order_by("pk").values())) == recorded
    found = plugin.read_outcomes(project, reader.number)[0]
    assert (found.uses, found.imported[0].reused) == ((use_of,), True)


def test_the_uses_of_a_run_that_was_repeated_with_other_files_are_those_of_the_last_run(plugin, project, job):
    made = outcome_of(job, files=(gleaned(job), gleaned(job, "B.mtz", "outputData.B")))
    plugin.job_finished(job, made)
    reader = opened(plugin, project)
    first, last = (FileUse(file_uuid=file.uuid, parameter="inputData.FREERFLAG", path=file.path) for file in made.files)
    plugin.job_status(reader, JobStatus.RUNNING, (first,), ())
    plugin.job_status(reader, JobStatus.RUNNING, (last,), ())
    plugin.job_finished(reader, outcome_of(reader, uses=(last,)))
    assert plugin.read_outcomes(project, reader.number)[0].uses == (last,)


@pytest.mark.parametrize("statement", range(2, 9))
def test_a_job_that_is_recorded_while_it_is_read_has_all_its_files_if_it_has_ended(
    plugin, project, job, full, monkeypatch, statement
):
    from django.db.backends.utils import CursorWrapper

    reader, execute, seen = threading.get_ident(), CursorWrapper.execute, []

    def watched(self, sql, params=None):
        if threading.get_ident() == reader and sql.startswith("SELECT"):
            seen.append(sql)
            if len(seen) == statement:
                ending = threading.Thread(target=plugin.job_finished, args=(job, full))
                ending.start()
                ending.join()
        return execute(self, sql, params)

    monkeypatch.setattr(CursorWrapper, "execute", watched)
    (found,) = plugin.read_outcomes(project, str(job.number))
    assert len(seen) >= statement
    if found.status.is_over:
        assert (found.files != (), found.imported != (), found.kpis != ()) == (True, True, True)
