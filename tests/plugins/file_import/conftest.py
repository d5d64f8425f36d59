"""A project, a job in it, and sources to import."""

from uuid import uuid4

import pytest

from ccp4hooks import InputFile, Job, Project


@pytest.fixture
def project(tmp_path):
    return Project(name="native", directory=tmp_path / "native", uuid=uuid4())


@pytest.fixture
def job(project):
    directory = project.jobs_directory / "job_1"
    return Job(uuid=uuid4(), number="1", task="freerflag", title="", project=project, directory=directory)


@pytest.fixture
def source(tmp_path):
    """Return a function that writes a source and describes it as an input file."""

    def make(content: bytes, name: str = "native.mtz", folder: str = "outside") -> InputFile:
        path = tmp_path / folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return InputFile(parameter="inputData.F_SIGF", path=path, file_type="application/CCP4-mtz-observed")

    return make


@pytest.fixture
def imports(project):
    """Return a function that lists what is in the imports directory, hidden files too."""

    def listed() -> list[str]:
        folder = project.imports_directory
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []

    return listed
