import tempfile
from pathlib import Path

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from property.strategies import names, paths

from ccp4hooks import Project
from ccp4hooks.runtime import paths as runtime_paths
from ccp4hooks.store import project_uuid

plain = names.filter(lambda name: name != "CCP4_JOBS")
segments = st.lists(plain | st.just(".."), max_size=5)


def project_at(directory):
    return Project(name=directory.name, directory=directory, uuid=project_uuid(directory))


@given(directory=paths, below=st.lists(plain, min_size=1, max_size=4))
def test_a_path_below_a_directory_is_inside_and_named_relative_to_it(directory, below):
    path = directory.joinpath(*below)
    assert runtime_paths.inside(path, project_at(directory))
    where, name = runtime_paths.name_in_project(path, project_at(directory))
    assert directory / where / name == path


@given(directory=paths, below=st.lists(plain, max_size=3), up=st.integers(1, 3))
def test_leaving_a_directory_by_its_parent_is_outside(directory, below, up):
    path = directory.joinpath(*below, *[".."] * (len(below) + up), "elsewhere-of-no-other-name", "x")
    assert not runtime_paths.inside(path, project_at(directory))


@given(ours=paths, theirs=paths, job=st.integers(1, 99), below=st.lists(plain, max_size=2))
def test_jobs_are_foreign_if_and_only_if_they_belong_to_another_project(ours, theirs, job, below):
    assume("CCP4_JOBS" not in (*ours.parts, *theirs.parts))
    project = project_at(ours)
    path = (theirs / "CCP4_JOBS" / f"job_{job}").joinpath(*below, "x.mtz")
    found = runtime_paths.foreign_jobs(path, project)
    assert found == (None if runtime_paths.inside(path, project) else theirs / "CCP4_JOBS")


@given(directory=paths, path=paths)
def test_a_path_outside_any_jobs_directory_is_never_foreign(directory, path):
    assume("CCP4_JOBS" not in path.parts)
    assert runtime_paths.foreign_jobs(path, project_at(directory)) is None


@settings(max_examples=30, deadline=None)
@given(
    taken=st.sets(st.integers(1, 300), max_size=8), others=st.sets(plain.map(lambda name: f"job_x{name}"), max_size=3)
)
def test_the_next_job_number_is_one_more_than_the_largest(taken, others):
    with tempfile.TemporaryDirectory() as folder:
        project = project_at(Path(folder))
        for name in (*others, *(f"job_{number}" for number in taken)):
            (project.jobs_directory / name).mkdir(parents=True)
        project.jobs_directory.mkdir(exist_ok=True)
        assert runtime_paths.next_free_number(project.jobs_directory) == max(taken, default=0) + 1
