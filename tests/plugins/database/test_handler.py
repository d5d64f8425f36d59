"""`AsyncDatabaseHandler` and the asynchronous functions, on real databases, with real scripts."""

import asyncio
import inspect
import shutil
import threading
import uuid
from pathlib import Path

import ccp4i2
import pytest
from plugins.database.test_counts import statements

import ccp4hooks_database as api
from ccp4hooks import (
    BadInputError,
    JobStatus,
    Settings,
    StoreError,
    execute,
    make_script,
    open_session,
)

FSIGF = Path(ccp4i2.__file__).parent / "wrappers/freerflag/test_data/rnase25_fsigf.mtz"
MODEL = Path(ccp4i2.__file__).parent / "wrappers/chainsaw/test_data/1a80_A.pdb"


@pytest.fixture
def session(url, tmp_path):
    return open_session(Settings(projects_dir=tmp_path / "projects", database=url))


@pytest.fixture
def handler(session):
    """A handler of a project that has one finished job, number 1."""
    done = session.run("coordinate_selector", {"XYZIN": MODEL}.items(), project="toxd").outcomes[0]
    made = api.AsyncDatabaseHandler(project_uuid=done.job.project.uuid, session=session)
    made.first = done
    return made


@pytest.fixture
def row(handler):
    """The row of a waiting job."""
    return handler.create_job_sync("freerflag", "later")


def free_r(path=FSIGF):
    script = make_script("freerflag", "mine")
    script.container.inputData.F_SIGF.setFullPath(str(path))
    return script


def job(handler, number):
    return {one.job.number: one for one in handler.session.outcomes(handler.first.job.project)}[number]


def ours_and_theirs():
    from ccp4i2.db.async_db_handler import AsyncDatabaseHandler as Theirs

    names = [name for name, _ in inspect.getmembers(Theirs, callable) if not name.startswith("_")]
    return [(name, getattr(api.AsyncDatabaseHandler, name, None), getattr(Theirs, name)) for name in names]


def test_the_name_of_a_project_is_rejected_with_advice_how_to_get_its_uuid():
    with pytest.raises(BadInputError, match=r"'toxd' is not the UUID of a project.*project\(NAME\).uuid"):
        api.AsyncDatabaseHandler("toxd")


def test_the_handler_has_every_method_of_ccp4i2s_handler_with_the_same_arguments(handler):
    def arguments(function):
        taken = inspect.signature(function).parameters.values()
        return [(one.name, one.default) for one in taken]

    def differs(ours, theirs):
        # Ours may take more: the `project` of 3.1, which a handler of ours does not need.
        names, wanted = ([name for name, _ in arguments(one)] for one in (ours, theirs))
        defaults = dict(arguments(ours))
        return names[: len(wanted)] != wanted or any(
            defaults[name] != default and default is not inspect.Parameter.empty for name, default in arguments(theirs)
        )

    differing = [name for name, ours, theirs in ours_and_theirs() if ours is None or differs(ours, theirs)]
    assert differing == []
    coroutines = {name for name, ours, _ in ours_and_theirs() if inspect.iscoroutinefunction(ours)}
    assert coroutines == {name for name, _, theirs in ours_and_theirs() if inspect.iscoroutinefunction(theirs)}


def test_every_coroutine_has_a_synchronous_twin_with_the_same_arguments(handler):
    for name, method in inspect.getmembers(api.AsyncDatabaseHandler, inspect.iscoroutinefunction):
        twin = getattr(api.AsyncDatabaseHandler, f"{name}_sync")
        assert list(inspect.signature(twin).parameters) == list(inspect.signature(method).parameters)


def test_every_public_name_can_be_imported_and_is_documented():
    for name in api.__all__:
        assert getattr(api, name).__doc__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        api.nothing  # noqa: B018 - the access is the test


def test_a_tracked_job_is_opened_run_and_recorded(handler):
    async def main():
        async with handler.track_job(free_r()) as script:
            under_way = await handler.create_job("freerflag", parent_job_uuid=uuid.UUID(script.get_db_job_id()))
            assert under_way.number == "2.1"
            assert (await asyncio.to_thread(job, handler, "2")).status is JobStatus.RUNNING
            return await execute(script)

    assert asyncio.run(main()) == 0
    done = job(handler, "2")
    assert (done.status, done.job.title) == (JobStatus.FINISHED, "mine")
    assert done.finished_at is not None
    assert [file.parameter for file in done.files] == ["outputData.FREEROUT"]
    assert [file.parameter for file in done.imported] == ["inputData.F_SIGF"]


def test_a_job_can_be_tracked_synchronously(handler):
    with handler.track_job_sync(free_r()) as script:
        script.process()
    assert job(handler, "2").status is JobStatus.FINISHED


def test_nested_jobs_are_numbered_below_their_parent(handler):
    async def main():
        parent = make_script("freerflag", "parent")
        async with handler.track_job(parent):
            for _ in range(2):
                child = parent.makePluginObject(taskName="coordinate_selector")
                child.container.inputData.XYZIN.setFullPath(str(MODEL))
                async with handler.track_job(child):
                    await execute(child)

    asyncio.run(main())
    known = {one.job.number: one for one in handler.session.outcomes(handler.first.job.project)}
    assert {number: one.status for number, one in known.items()} == dict.fromkeys(
        ("1", "2", "2.1", "2.2"), JobStatus.FINISHED
    )
    assert known["2.1"].job.parent_uuid == known["2"].job.uuid
    assert known["2.2"].files[0].path.parent == known["2"].job.directory / "job_2"


@pytest.mark.parametrize(
    ("error", "status"), [(RuntimeError("bad luck"), JobStatus.FAILED), (KeyboardInterrupt(), JobStatus.INTERRUPTED)]
)
def test_an_exception_in_the_context_sets_status_and_finish_time(handler, error, status):
    async def main():
        async with handler.track_job(free_r()):
            raise error

    with pytest.raises(type(error)):
        asyncio.run(main())
    assert (job(handler, "2").status, job(handler, "2").finished_at is None) == (status, False)


def test_a_cancelled_job_is_interrupted(handler):
    async def main():
        async with handler.track_job(free_r()):
            asyncio.current_task().cancel()
            await asyncio.sleep(0)

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(main())
    assert job(handler, "2").status is JobStatus.INTERRUPTED


def test_a_script_with_the_uuid_of_an_opened_job_becomes_that_job(handler, row):
    script = free_r()
    script.set_db_job_id(str(row.uuid))
    with handler.track_job_sync(script):
        script.process()
    assert (job(handler, "2").job.uuid, job(handler, "2").status) == (row.uuid, JobStatus.FINISHED)
    again = free_r()
    again.set_db_job_id(str(row.uuid))
    with pytest.raises(BadInputError, match=r"Job 2 .* has already ended \(FINISHED\)"):
        handler.operations.tracked(again)


def test_a_synchronous_pipeline_runs_sub_jobs(handler):
    with handler.track_job_sync(make_script("freerflag", "parent")) as parent:
        status = handler.run_subjob(free_r(), uuid.UUID(parent.get_db_job_id()))
    assert status == 0
    assert job(handler, "2.1").status is JobStatus.FINISHED
    with pytest.raises(BadInputError, match="is not running in this process"):
        handler.run_subjob(free_r(), uuid.uuid4())


def bound(handler, row, task="coordinate_selector"):
    """A script that CCP4i2's own way ties to a job, in its directory."""
    script = make_script(task, "by hand")
    script.workDirectory = row.directory
    script.setDbData(
        handler=handler, projectId=str(handler.project_uuid), jobId=row.uuid.hex, jobNumber=str(row.number)
    )
    return script


@pytest.mark.parametrize("outcome", ["succeeds", "fails"])
def test_sub_jobs_of_a_script_that_is_bound_by_hand_are_jobs_of_their_own(handler, row, outcome):
    parent = bound(handler, row)
    for _ in range(2):
        child = parent.makePluginObject("coordinate_selector")
        if outcome == "succeeds":
            child.container.inputData.XYZIN.setFullPath(str(MODEL))
        child.process()
    known = {one.job.number: one for one in handler.session.outcomes(handler.first.job.project)}
    ended = JobStatus.FINISHED if outcome == "succeeds" else JobStatus.FAILED
    assert {number: one.status for number, one in known.items() if number != "1"} == {
        "2": JobStatus.PENDING,
        "2.1": ended,
        "2.2": ended,
    }
    assert (known["2"].files, known["2"].kpis) == ((), ())
    written = [(one.job.number, file.path) for one in known.values() for file in one.files if one.job.number != "1"]
    assert written == [
        (number, row.directory / f"job_{number[-1]}" / "XYZOUT.pdb")
        for number in ("2.1", "2.2")
        if outcome == "succeeds"
    ]
    kpis = {"nAtoms": 2122, "nResidues": 277} if outcome == "succeeds" else {}
    assert {kpi.key: kpi.value for kpi in known["2.1"].kpis} == kpis


FOREIGN = "other/CCP4_JOBS/job_1/XYZOUT.pdb"


@pytest.mark.parametrize("place", [FOREIGN, "projects/toxd/CCP4_JOBS/job_1/deep/own.pdb", "plain.pdb"])
def test_a_script_that_is_bound_by_hand_keeps_the_path_that_was_set(handler, row, tmp_path, place):
    path = tmp_path / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(MODEL.read_bytes())
    script = bound(handler, row)
    script.container.inputData.XYZIN.setFullPath(str(path))
    assert script.container.inputData.XYZIN.getFullPath() == str(path)
    imported = asyncio.run(api.import_input_files_async(row, script, handler))
    assert [file.source for file in job(handler, "2").imported] == ([] if "toxd" in place else [path])
    assert imported == (0 if "toxd" in place else 1)


def test_sub_jobs_of_an_earlier_run_are_replaced(handler, row):
    for _ in range(2):
        bound(handler, row).makePluginObject("coordinate_selector")
    assert sorted(one.job.number for one in handler.session.outcomes(handler.first.job.project)) == ["1", "2", "2.1"]


def test_a_job_number_can_be_requested_once(handler):
    assert handler.create_job_sync("freerflag", job_number="7").number == "7"
    assert handler.create_job_sync("freerflag").number == "8"
    for number, reason in (("7", "is taken"), ("x", "Invalid number"), ("0", "Invalid number")):
        with pytest.raises(BadInputError, match=reason):
            handler.create_job_sync("freerflag", job_number=number)


def test_sixty_jobs_created_at_once_have_sixty_numbers(handler):
    async def main():
        return await asyncio.gather(*(handler.create_job("freerflag") for _ in range(60)))

    rows = asyncio.run(main())
    assert sorted(int(row.number) for row in rows) == list(range(2, 62))


def test_a_status_can_be_recorded(handler, row):
    handler.update_job_status_sync(row.uuid, 3)
    assert job(handler, "2").status is JobStatus.RUNNING
    handler.update_job_status_sync(row.uuid, JobStatus.FAILED)
    assert (job(handler, "2").status, job(handler, "2").finished_at is None) == (JobStatus.FAILED, False)
    with pytest.raises(BadInputError, match=r"Invalid job status 77\. Valid are: 0 UNKNOWN"):
        handler.update_job_status_sync(row.uuid, 77)


def test_files_are_registered_one_by_one_or_many_and_never_twice(handler, row):
    (row.directory / "x.pdb").write_text("END\n")
    (row.directory / "y.pdb").write_text("END\n")

    async def main():
        first = await handler.register_output_file(
            job_uuid=row.uuid,
            file_path=Path("x.pdb"),
            file_type="chemical/x-pdb",
            param_name="XYZOUT",
            sub_type=1,
            content_flag=None,
            annotation="coordinates",
        )
        many = [
            api.OutputFile(path=row.directory / name, file_type="chemical/x-pdb", param_name=f"LIST[{index}]")
            for index, name in enumerate(("x.pdb", "y.pdb"))
        ]
        for _ in range(2):
            rows = await handler.register_output_files(row.uuid, many)
        return first, rows

    first, rows = asyncio.run(main())
    assert (first.name, first.annotation, first.sub_type, first.content) == ("x.pdb", "coordinates", 1, None)
    assert first.path == row.directory / "x.pdb"
    assert [one.job_param_name for one in rows] == ["LIST[0]", "LIST[1]"]
    assert [file.parameter for file in job(handler, "2").files] == [
        "outputData.XYZOUT",
        "outputData.LIST[0]",
        "outputData.LIST[1]",
    ]
    assert asyncio.run(handler.get_file_path(first.uuid)) == str(row.directory / "x.pdb")
    assert asyncio.run(handler.find_file_by_path(str(first.path), "2", "y.pdb")).uuid == rows[1].uuid
    assert asyncio.run(handler.get_file_path(uuid.uuid4())) is None


def test_manually_registered_records_survive_the_end_of_the_job(handler, row):
    (row.directory / "extra.pdb").write_text("END\n")
    script = free_r()
    script.set_db_job_id(str(row.uuid))
    with handler.track_job_sync(script):
        script.process()
        handler.register_output_file_sync(row.uuid, Path("extra.pdb"), "chemical/x-pdb", "EXTRA")
        handler.register_job_float_value_sync(row.uuid, "Weight", 0.0)
        handler.register_input_file_sync(row.uuid, handler.first.files[0].uuid, "MODEL")
    done = job(handler, "2")
    assert {file.parameter for file in done.files} == {"outputData.FREEROUT", "outputData.EXTRA"}
    assert [(kpi.key, kpi.value, kpi.origin.plugin) for kpi in done.kpis] == [("Weight", 0.0, "api")]
    assert [use.parameter for use in done.uses] == ["inputData.MODEL"]


def test_imported_files_are_registered_with_their_checksum_and_found_by_it(handler, row):
    folder = handler.first.job.project.imports_directory
    (folder / "new.pdb").write_text("END\n")
    made = handler.register_imported_file_sync(
        row.uuid, folder / "new.pdb", "chemical/x-pdb", "XYZIN", Path("/far/away/new.pdb"), "from afar"
    )
    found = job(handler, "2").imported[0]
    assert (found.source, found.annotation, len(found.md5)) == (Path("/far/away/new.pdb"), "from afar", 32)
    assert handler.find_imported_file_by_checksum_sync(found.md5, "chemical/x-pdb").uuid == made.uuid
    assert handler.find_imported_file_by_checksum_sync(found.md5, "application/CCP4-mtz") is None
    assert handler.find_imported_file_by_checksum_sync("0" * 32, "chemical/x-pdb") is None
    other = handler.session.run("coordinate_selector", {"XYZIN": MODEL}.items(), project="other").outcomes[0]
    elsewhere = api.AsyncDatabaseHandler(other.job.project.uuid, session=handler.session)
    assert elsewhere.find_imported_file_by_checksum_sync(found.md5, "chemical/x-pdb") is None


def test_values_of_every_kind_are_registered_and_may_change_their_kind(handler, row):
    values = [
        api.JobValue(key="RFree", value=0.25, description="R free"),
        api.JobValue(key="nAtoms", value=2122),
        api.JobValue(key="twinned", value=False),
        api.JobValue(key="spaceGroup", value="P 1 21 1"),
    ]
    assert asyncio.run(handler.register_job_values(row.uuid, values)) == 4
    asyncio.run(handler.register_job_char_value(row.uuid, "RFree", "unknown"))
    known = {kpi.key: kpi.value for kpi in job(handler, "2").kpis}
    assert known == {"RFree": "unknown", "nAtoms": 2122, "twinned": False, "spaceGroup": "P 1 21 1"}


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("R", float("nan"), "nan is not a finite number"),
        ("k" * 51, 1.0, "key has 51 characters"),
        ("", 1.0, "key has 0 characters"),
    ],
)
def test_no_value_is_recorded_if_one_of_them_is_invalid(handler, row, key, value, reason):
    with pytest.raises(BadInputError, match=reason):
        handler.register_job_values_sync(
            row.uuid, [api.JobValue(key="good", value=1.0), api.JobValue(key=key, value=value)]
        )
    assert job(handler, "2").kpis == ()


def test_manual_extraction_uses_the_hooks(handler, row):
    script = free_r()

    async def main():
        imported = await api.import_input_files_async(row, script, handler)
        script.workDirectory = row.directory
        script.checkOutputData()
        script.process()
        return imported, await api.glean_all_async(row.uuid, script, handler)

    imported, gleaned = asyncio.run(main())
    assert (imported, gleaned["uses"], len(gleaned["files"])) == (1, 1, 1)
    done = job(handler, "2")
    assert [(file.parameter, file.origins["file"].plugin) for file in done.files] == [("outputData.FREEROUT", "core")]
    assert [(file.source, file.origin.plugin) for file in done.imported] == [(FSIGF, "file-import")]


@pytest.mark.parametrize("lost", ["removed", "unknown"])
def test_the_import_of_a_file_that_is_given_by_its_uuid_alone_fails_if_it_is_lost(handler, row, lost):
    file = handler.first.files[0]
    identity = file.uuid if lost == "removed" else uuid.uuid4()
    file.path.unlink()
    script = bound(handler, row)
    script.container.inputData.XYZIN.dbFileId.set(str(identity))
    with pytest.raises(BadInputError, match=f"inputData.XYZIN: the file with the UUID {identity} is not recorded, or"):
        asyncio.run(api.import_input_files_async(row, script, handler))


def test_a_file_that_is_given_by_its_uuid_alone_is_used(handler, row):
    script = bound(handler, row)
    script.container.inputData.XYZIN.dbFileId.set(str(handler.first.files[0].uuid))
    assert asyncio.run(api.import_input_files_async(row, script, handler)) == 1
    assert [use.file_uuid for use in job(handler, "2").uses] == [handler.first.files[0].uuid]


def test_exactly_zero_is_a_kpi_in_manual_extraction(handler, row):
    script = make_script("coordinate_selector")
    script.container.outputData.NATOMS.value.set(0.0)
    assert handler.glean_performance_indicators_sync(row.uuid, script.container.outputData) == 1
    assert [(kpi.key, kpi.value) for kpi in job(handler, "2").kpis] == [("value", 0.0)]


def test_a_job_opened_earlier_runs_with_the_parameters_in_its_directory(handler, row):
    script = free_r()
    script.saveDataToXml(str(row.directory / "input_params.xml"))
    result = asyncio.run(api.run_job_async(row.uuid, session=handler.session))
    assert (result.outcomes[0].status, result.outcomes[0].job.uuid) == (JobStatus.FINISHED, row.uuid)
    with pytest.raises(BadInputError, match="has already ended"):
        asyncio.run(api.run_job_async(row.uuid, session=handler.session))
    again = asyncio.run(api.run_job_async(row.uuid, session=handler.session, again=True))
    assert len(again.outcomes[0].files) == 1


def test_a_job_that_cannot_be_prepared_is_failed_and_keeps_its_number(handler, row):
    free_r("/not/there.mtz").saveDataToXml(str(row.directory / "input_params.xml"))
    with pytest.raises(Exception, match=r"there\.mtz"):
        asyncio.run(api.run_job_async(row.uuid, session=handler.session))
    assert job(handler, "2").status is JobStatus.FAILED


def test_a_pipeline_is_opened_and_run_in_one_call(handler):
    async def main():
        return await asyncio.gather(
            *(
                api.run_pipeline_async(
                    project_uuid=handler.project_uuid,
                    task_name="coordinate_selector",
                    title=f"chain {chain}",
                    input_data={"XYZIN": MODEL},
                    session=handler.session,
                )
                for chain in "AB"
            )
        )

    results = asyncio.run(main())
    assert {result.outcomes[0].job.number for result in results} == {"2", "3"}
    assert {result.outcomes[0].status for result in results} == {JobStatus.FINISHED}


def test_sub_jobs_run_under_a_tracked_job_and_under_a_waiting_job(handler, row):
    tasks = [{"task_name": "coordinate_selector", "title": "sel", "input_data": {"XYZIN": MODEL}}] * 2

    async def main():
        async with handler.track_job(make_script("freerflag", "parent")) as parent:
            under_way = uuid.UUID(parent.get_db_job_id())
            tracked = await api.run_nested_jobs_async(under_way, tasks, session=handler.session)
        return tracked, await api.run_nested_jobs_async(row.uuid, tasks, session=handler.session)

    tracked, opened = asyncio.run(main())
    assert [one.job.number for one in tracked] == ["3.1", "3.2"]
    assert [one.job.number for one in opened] == ["2.1", "2.2"]
    assert {one.status for one in (*tracked, *opened)} == {JobStatus.FINISHED}
    assert {(one.job.title, job(handler, one.job.number).job.title) for one in (*tracked, *opened)} == {("sel", "sel")}
    assert (job(handler, "2").status, job(handler, "3").status) == (JobStatus.FINISHED, JobStatus.FINISHED)


def test_one_handler_serves_several_threads_and_event_loops(handler):
    rows = []

    def work():
        rows.append(asyncio.run(handler.create_job("freerflag")))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(row.number for row in rows) == ["2", "3", "4", "5"]


def test_a_synchronous_method_on_an_event_loop_is_rejected_with_advice(handler):
    async def main():
        handler.get_project_sync()

    with pytest.raises(BadInputError, match="Await the method of the same name without _sync"):
        asyncio.run(main())


def test_methods_that_ccp4i2_calls_work_on_an_event_loop_without_a_warning(handler, row):
    file = handler.first.files[0]

    async def main():
        assert handler.get_file_path_sync(file.uuid) == str(file.path)
        assert handler.getProjectDirectory(str(handler.project_uuid)) == str(handler.first.job.project.directory)
        assert handler.getProjectDirectory(str(uuid.uuid4())) is None
        assert handler.projectName == "toxd"
        assert handler.parse_file_path(str(file.path))["rel_path"] == "CCP4_JOBS/job_1"
        assert handler.parse_file_path("/elsewhere/x.pdb") is None
        found = handler.find_file_by_path_sync("", "1", file.path.name)
        assert (found["uuid"], found["relative_path"]) == (str(file.uuid), "CCP4_JOBS/job_1/XYZOUT.pdb")
        child = handler.createSubJob(taskName="freerflag", parentJobId=row.uuid.hex, jobNumber="1")
        handler.updateJobStatus(jobId=child, finishStatus=3)
        handler.updateJobStatus(jobId=child, container=object())

    asyncio.run(main())
    assert job(handler, "2.1").status is JobStatus.UNSATISFACTORY


@pytest.mark.parametrize("on_loop", [True, False])
def test_paths_are_read_from_the_database_once(handler, on_loop):
    file = handler.first.files[0]

    def ask():
        assert handler.get_file_path_sync(file.uuid) == str(file.path)
        assert handler.getProjectDirectory(handler.project_uuid.hex) == str(handler.first.job.project.directory)

    async def main():
        ask()

    # CCP4i2 3.1 reads the records of the first job meanwhile, for a file in the project.
    handler.session.plugin_object("database").snapshots.wait()
    with statements() as seen:
        for _ in range(30):
            asyncio.run(main()) if on_loop else ask()
    assert len([sql for sql in seen if "ccp4i2_file" in sql.lower()]) == 1
    assert len([sql for sql in seen if "ccp4i2_project" in sql.lower() and "ccp4i2_file" not in sql.lower()]) == 1


def test_a_remembered_path_that_is_gone_is_read_again(handler):
    file = handler.first.files[0]
    assert handler.get_file_path_sync(file.uuid) == str(file.path)
    moved = file.path.rename(file.path.with_name("moved.pdb"))
    assert handler.get_file_path_sync(file.uuid) is None
    handler.operations.store.write(lambda: rename_row(file.uuid, moved.name))
    assert handler.get_file_path_sync(file.uuid) == str(moved)


def rename_row(file_uuid, name):
    from ccp4i2.db.models import File

    File.objects.filter(uuid=file_uuid).update(name=name)


@pytest.mark.parametrize(
    ("reported", "status", "files"),
    [
        (4, JobStatus.INTERRUPTED, 1),
        ("CPluginScript.INTERRUPTED", JobStatus.INTERRUPTED, 1),
        (5, JobStatus.TO_DELETE, 0),
        (6, JobStatus.RUNNING_REMOTELY, 0),
        (99, JobStatus.FAILED, 1),
    ],
)
def test_a_reported_finish_status_is_recorded_and_files_are_extracted_if_they_are_kept(
    handler, row, reported, status, files
):
    from ccp4hooks_database.models import JobOwner

    handler.updateJobStatus(jobId=str(row.uuid), finishStatus=2)
    assert JobOwner.objects.filter(job__uuid=row.uuid).exists()
    script = make_script("coordinate_selector")
    written = shutil.copy(MODEL, Path(row.directory) / "out.pdb")
    script.container.outputData.XYZOUT.setFullPath(str(written))
    handler.updateJobStatus(jobId=str(row.uuid), finishStatus=reported, container=script.container)
    recorded = job(handler, "2")
    assert (recorded.status, len(recorded.files)) == (status, files)
    assert (recorded.finished_at is None) == (status is JobStatus.RUNNING_REMOTELY)
    assert JobOwner.objects.filter(job__uuid=row.uuid).exists() == (status is not JobStatus.RUNNING_REMOTELY)


def test_deprecated_names_work_and_warn(handler):
    with pytest.warns(DeprecationWarning, match=r"createJob\(\) is deprecated; use create_job\(\)"):
        made = handler.createJob("freerflag", jobTitle="old")
    assert job(handler, "2").job.uuid == uuid.UUID(made)
    with pytest.warns(DeprecationWarning, match=r"use get_file_path\(\)"):
        assert handler.getFilePath(str(handler.first.files[0].uuid)) == str(handler.first.files[0].path)


@pytest.mark.parametrize(
    "call",
    [
        lambda handler, gone: handler.register_output_file_sync(gone, Path("x"), "chemical/x-pdb", "X"),
        lambda handler, gone: handler.register_job_float_value_sync(gone, "k", 1.0),
        lambda handler, gone: handler.update_job_status_sync(gone, 6),
        lambda handler, gone: handler.create_job_sync("freerflag", parent_job_uuid=gone),
        lambda handler, gone: asyncio.run(api.run_job_async(gone, session=handler.session)),
        lambda handler, gone: asyncio.run(handler.glean_job_files(gone, free_r())),
    ],
)
def test_the_error_for_an_unknown_job_contains_its_uuid(handler, call):
    gone = uuid.uuid4()
    with pytest.raises(BadInputError, match=str(gone)):
        call(handler, gone)


def test_the_error_for_an_unknown_project_contains_its_uuid(handler):
    nobody = api.AsyncDatabaseHandler(uuid.uuid4(), session=handler.session)
    for call in (
        nobody.get_project_sync,
        lambda: nobody.create_job_sync("freerflag"),
        lambda: nobody.operations.tracked(free_r()),
    ):
        with pytest.raises(BadInputError, match=str(nobody.project_uuid)):
            call()


@pytest.mark.parametrize(
    ("path", "file_type", "reason"),
    [
        ("gone.pdb", "chemical/x-pdb", r"XYZOUT: the file .*gone\.pdb does not exist"),
        ("/etc/hosts", "chemical/x-pdb", "XYZOUT: /etc/hosts is outside the project directory"),
        ("../../../../../../etc/hosts", "chemical/x-pdb", "is outside the project directory"),
        ("x.pdb", "", "has no MIME type"),
    ],
)
def test_a_file_that_cannot_be_recorded_is_rejected(handler, row, path, file_type, reason):
    (row.directory / "x.pdb").write_text("END\n")
    with pytest.raises(BadInputError, match=reason):
        handler.register_output_file_sync(row.uuid, Path(path), file_type, "XYZOUT")
    assert job(handler, "2").files == ()


def test_a_container_without_a_script_is_rejected(handler, row):
    from ccp4i2.core.base_object.ccontainer import CContainer

    with pytest.raises(BadInputError, match="belongs to no script"):
        handler.glean_job_files_sync(row.uuid, CContainer(name="lonely"))


def test_a_script_without_outputs_is_rejected(handler, row):
    from ccp4i2.core.CCP4PluginScript import CPluginScript

    bare = CPluginScript(name="bare")
    bare.container.deleteObject("outputData")
    with pytest.raises(BadInputError, match="has no outputData"):
        handler.glean_job_files_sync(row.uuid, bare)


def test_unset_outputs_are_skipped_and_an_output_outside_the_project_is_rejected(handler, row, tmp_path):
    script = free_r()
    assert handler.glean_job_files_sync(row.uuid, script) == []
    outside = tmp_path / "outside.mtz"
    outside.write_bytes(FSIGF.read_bytes())
    script.container.outputData.FREEROUT.setFullPath(str(outside))
    with pytest.raises(BadInputError, match=r"FREEROUT.*is outside the project"):
        handler.glean_job_files_sync(row.uuid, script)
    assert job(handler, "2").files == ()


def test_the_handler_uses_the_store_of_its_sessions_plugin(handler):
    assert handler.operations.store is handler.session.plugin_object("database").store()


def test_the_handler_needs_the_database_plugin(url, tmp_path):
    session = open_session(Settings(projects_dir=tmp_path, database=url, plugins=("no:database",)))
    handler = api.AsyncDatabaseHandler(uuid.uuid4(), session=session)
    with pytest.raises(StoreError, match="needs the plugin `database`"):
        handler.get_project_sync()
