import os
import threading
from itertools import product

import pytest
from unit.samples import make_job, make_project

from ccp4hooks import BadInputError
from ccp4hooks.runtime import paths


def test_a_symbolic_link_to_a_file_outside_the_project_is_outside(tmp_path, project):
    project.directory.mkdir(parents=True)
    (tmp_path / "out.mtz").touch()
    link = project.directory / "link.mtz"
    link.symlink_to(tmp_path / "out.mtz")
    assert not paths.inside(link, project)
    assert paths.name_in_project(link, project) is None


def test_a_directory_whose_name_begins_with_that_of_the_project_is_outside(tmp_path):
    assert not paths.inside(tmp_path / "demo2" / "x", make_project(tmp_path / "demo"))


def test_a_file_of_a_job_of_another_project_is_foreign(tmp_path, project):
    theirs = make_project(tmp_path / "projects" / "other").jobs_directory / "job_1" / "x.mtz"
    assert paths.foreign_jobs(theirs, project) == theirs.parent.parent


def test_files_of_the_projects_jobs_and_files_outside_all_jobs_are_not_foreign(tmp_path, project):
    for path in (project.jobs_directory / "job_1" / "x.mtz", tmp_path / "data" / "x.mtz"):
        assert paths.foreign_jobs(path, project) is None


def test_a_job_of_the_project_is_not_foreign_if_the_path_contains_a_link(tmp_path, project):
    project.jobs_directory.mkdir(parents=True)
    (tmp_path / "alias").symlink_to(project.directory)
    assert paths.foreign_jobs(tmp_path / "alias" / "CCP4_JOBS" / "job_1" / "x.mtz", project) is None


def test_a_path_that_leaves_a_jobs_directory_by_its_parent_is_not_foreign(tmp_path, project):
    (tmp_path / "other" / "CCP4_JOBS").mkdir(parents=True)
    assert paths.foreign_jobs(tmp_path / "other" / "CCP4_JOBS" / ".." / "x.mtz", project) is None


def test_a_file_in_the_project_is_named_by_relative_directory_and_name(project):
    assert paths.name_in_project(project.jobs_directory / "job_1" / "x.mtz", project) == ("CCP4_JOBS/job_1", "x.mtz")


def test_directories_that_a_failed_block_created_are_removed(tmp_path, project):
    def work():
        with paths.jobs_directory(project) as jobs:
            (jobs / "job_1").mkdir()
            (jobs / "job_1").rmdir()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert list(tmp_path.iterdir()) == []


def test_directories_that_existed_before_or_are_not_empty_are_kept(project):
    project.directory.mkdir(parents=True)
    with pytest.raises(KeyboardInterrupt), paths.jobs_directory(project):
        raise KeyboardInterrupt
    assert list(project.directory.iterdir()) == []

    def work():
        with paths.jobs_directory(project) as jobs:
            (jobs / "job_1").mkdir()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert (project.jobs_directory / "job_1").is_dir()


def test_directories_that_are_still_needed_after_an_exception_are_kept(project):
    with pytest.raises(KeyboardInterrupt), paths.jobs_directory(project, is_kept=lambda: True):
        raise KeyboardInterrupt
    assert project.jobs_directory.is_dir()


def test_directories_are_kept_after_a_block_without_an_exception(project):
    with paths.jobs_directory(project) as jobs:
        assert list(jobs.iterdir()) == []
    assert project.jobs_directory.is_dir()


def test_a_file_instead_of_the_project_directory_is_bad_input(tmp_path):
    (tmp_path / "file").write_text("x")
    project = make_project(tmp_path / "file" / "demo")
    with pytest.raises(BadInputError, match="Cannot write to the project directory"), paths.jobs_directory(project):
        pass
    assert (tmp_path / "file").read_text() == "x"


def test_the_next_job_number_follows_the_last_job_directory(project):
    for name in ("job_2", "job_9", "job_x", "job_"):
        (project.jobs_directory / name).mkdir(parents=True)
    assert paths.next_free_number(project.jobs_directory) == 10
    assert (project.jobs_directory / "job_10").is_dir()


def test_concurrent_runs_get_different_numbers(project):
    project.jobs_directory.mkdir(parents=True)
    numbers = []

    def claim():
        numbers.append(paths.next_free_number(project.jobs_directory))

    threads = [threading.Thread(target=claim) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == list(range(1, 17))


def test_an_existing_job_directory_is_used(tmp_path):
    job = make_job(tmp_path / "p")
    paths.make_job_directory(job)
    assert job.directory.is_dir()


def test_a_job_directory_that_cannot_be_created_is_bad_input(tmp_path):
    job = make_job(tmp_path / "p")
    job.directory.rmdir()
    job.directory.touch()
    with pytest.raises(BadInputError, match=f"Cannot create the job directory {job.directory}: {os.strerror(17)}"):
        paths.make_job_directory(job)


PATHS = [
    "x.mtz", "link.mtz", "linked/x.mtz", "linked/../x.mtz", "a/./x.mtz", "a/", "", "missing/x.mtz", "loop/x", "linked",
]  # fmt: skip


def test_cached_paths_resolve_as_the_operating_system_resolves_them(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    (tmp_path / "elsewhere" / "b").mkdir(parents=True)
    (tmp_path / "linked").symlink_to(tmp_path / "elsewhere" / "b")
    (tmp_path / "link.mtz").symlink_to("a/x.mtz")
    (tmp_path / "loop").symlink_to("loop")
    monkeypatch.chdir(tmp_path)
    with paths.resolution_cache():
        for _, name in product(range(2), PATHS):
            for path in (tmp_path / name, f"{tmp_path}/{name}", name):
                assert paths.resolve(path) == os.path.realpath(path), path


def test_the_resolution_cache_ends_with_its_block(tmp_path, project):
    project.jobs_directory.mkdir(parents=True)
    path = project.jobs_directory / "x.mtz"
    path.touch()
    with paths.resolution_cache():
        assert paths.inside(path, project)
    path.unlink()
    path.symlink_to(tmp_path / "out.mtz")
    with paths.resolution_cache():
        assert not paths.inside(path, project)
