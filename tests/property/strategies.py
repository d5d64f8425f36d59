"""Generated outcomes: every field, every kind of value."""

from datetime import timezone
from pathlib import Path

from hypothesis import strategies as st

from ccp4hooks import (
    FinishStatus,
    GleanedFile,
    ImportedFile,
    Job,
    JobStatus,
    Kpi,
    Outcome,
    ParameterSource,
    ParameterValue,
    Problem,
    Project,
    Provenance,
    ResultValue,
    Severity,
)
from ccp4hooks.store import FileUse, Origin, Timing

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
whole_numbers = st.integers(-(2**53), 2**53)
names = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=12).filter(
    lambda name: name not in {".", ".."}
)
paths = st.lists(names, min_size=1, max_size=4).map(lambda parts: Path("/", *parts))
times = st.datetimes(timezones=st.just(timezone.utc))
origins = st.builds(Origin, plugin=texts, version=texts)
kpi_values = st.one_of(st.booleans(), whole_numbers, st.floats(allow_nan=False, allow_infinity=False), texts)
columns = st.lists(st.lists(texts, max_size=3).map(tuple), max_size=3).map(tuple)
flags = st.none() | st.integers(0, 9)
sizes = st.integers(0, 2**40)
durations = st.floats(0, 1e6)
numbers = st.lists(st.integers(1, 9999), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))


def tuples(values):
    return st.lists(values, max_size=2).map(tuple)


projects = st.builds(Project, name=names, directory=paths, uuid=st.uuids())
facts = {"content_flag": flags, "sub_type": flags, "annotation": texts, "columns": columns}
uses = st.builds(FileUse, file_uuid=st.uuids(), parameter=texts, path=paths)
imports = st.builds(
    ImportedFile,
    uuid=st.uuids(),
    parameter=texts,
    path=paths,
    source=paths,
    md5=texts,
    sha256=texts,
    size_bytes=sizes,
    modified_at=times,
    file_type=texts,
    class_name=texts,
    reused=st.booleans(),
    origin=st.none() | origins,
    **facts,
)
files = st.builds(
    GleanedFile,
    uuid=st.uuids(),
    parameter=texts,
    path=paths,
    size_bytes=sizes,
    file_type=texts,
    class_name=texts,
    extra=st.dictionaries(texts, kpi_values, max_size=3),
    origins=st.dictionaries(texts, origins, max_size=2),
    **facts,
)
kpis = st.builds(
    Kpi,
    key=texts,
    value=kpi_values,
    unit=texts,
    description=texts,
    indicator=texts,
    origin=st.none() | origins,
)
problems = st.builds(
    Problem,
    severity=st.sampled_from(Severity),
    message=texts,
    parameter=texts,
    path=st.none() | paths,
    cure=texts,
    hook=texts,
    origin=st.none() | origins,
    traceback_file=st.none() | paths,
)
parameters = st.builds(
    ParameterValue,
    name=texts,
    value=kpi_values,
    class_name=texts,
    default=st.none() | kpi_values,
    source=st.sampled_from(ParameterSource),
    job=texts,
    replaced=st.none() | kpi_values,
    is_file=st.booleans(),
    size=st.none() | sizes,
    sha256=texts,
)
results = st.builds(ResultValue, name=texts, value=kpi_values, place=texts, size=st.none() | sizes, sha256=texts)
provenances = st.builds(
    Provenance,
    command=texts,
    user=texts,
    host=texts,
    distribution=texts,
    task_version=texts,
    programs=st.dictionaries(texts, texts, max_size=2),
    cpu_s=st.none() | durations,
    peak_memory_bytes=st.none() | sizes,
)
timings = st.builds(Timing, hook=texts, origin=origins, calls=sizes, duration_s=durations)


@st.composite
def outcomes(draw, directory):
    """Outcomes of jobs that all have the same directory, which exists."""
    job = draw(
        st.builds(
            Job,
            uuid=st.uuids(),
            number=numbers,
            task=texts,
            title=texts,
            project=projects,
            directory=st.just(directory),
            parent_uuid=st.none() | st.uuids(),
            opened_by=st.none() | texts,
            dry_run=st.booleans(),
        )
    )
    return draw(
        st.builds(
            Outcome,
            job=st.just(job),
            status=st.sampled_from(JobStatus),
            finish=st.none() | st.sampled_from(FinishStatus),
            created_at=times,
            started_at=st.none() | times,
            finished_at=st.none() | times,
            uses=tuples(uses),
            imported=tuples(imports),
            files=tuples(files),
            kpis=tuples(kpis),
            problems=tuples(problems),
            timings=tuples(timings),
            software=st.dictionaries(texts, texts, max_size=3),
            parameters=tuples(parameters),
            results=tuples(results),
            provenance=provenances,
        )
    )
