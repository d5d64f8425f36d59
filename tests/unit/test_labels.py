"""Which titles, notes, tags and names of projects are accepted, without a database that could refuse them."""

import pytest
from unit.samples import make_job, make_project, tiny

from ccp4hooks import BadInputError, Labels

CONTROL = ["a\x1b[31m", "a\x00b", "a\u202eb", "a\x9bb", "a\udce9b"]


@pytest.fixture
def session(open_with):
    def change_labels(subject, change):
        return Labels(uuid=subject.uuid, title=change.title or "", note=change.note or "", tags=change.add_tags)

    return open_with(tiny=tiny(change_labels))


@pytest.fixture
def job(tmp_path):
    return make_job(tmp_path / "demo")


@pytest.mark.parametrize("text", [*CONTROL, "a\nb", "a\tb", "", " ", " a", "a "])
def test_a_title_or_a_tag_is_one_line_of_printable_characters(session, job, text):
    for change in ({"title": text}, {"add_tags": [text]}, {"remove_tags": [text]}):
        with pytest.raises(BadInputError, match=r"The (title|tag) '.*' (must|has control characters)"):
            session.label(job, **change)


@pytest.mark.parametrize("text", CONTROL)
def test_a_note_may_have_lines_but_no_control_characters(session, job, text):
    assert session.label(job, note="a\n\tb").note == "a\n\tb"
    with pytest.raises(BadInputError, match=r"The note '.*' has control characters"):
        session.label(job, note=text)


@pytest.mark.parametrize(("name", "limit"), [("title", 255), ("tag", 50), ("note", 100_000)])
def test_a_text_that_the_column_cannot_hold_is_refused_and_not_cut(session, job, name, limit):
    def change(text):
        return session.label(job, **({"add_tags": [text]} if name == "tag" else {name: text}))

    change("é" * limit)
    with pytest.raises(BadInputError) as caught:
        change("é" * 1_000_000)
    assert f"has 1000000 characters, but at most {limit} can be recorded" in str(caught.value)
    assert len(str(caught.value)) < 200


def test_without_a_plugin_that_knows_the_job_the_error_says_what_to_do(open_with, job):
    with pytest.raises(BadInputError, match=r"No database knows job 1 of the project 'demo'.*ccp4hooks replay"):
        open_with().label(job, title="t")
    assert open_with().labels(job)[0] == Labels(uuid=job.uuid, title="t")


BAD_NAMES = ["", ".", "..", ".hidden", "a/b", "../a", "/a", "a\\b", " a", "a\n", "a\x1b", "a\u202eb", "x" * 101]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_that_is_no_directory_name_is_refused(session, tmp_path, name):
    for act in (session.create_project, lambda name: session.label(make_project(tmp_path / "demo"), title=name)):
        with pytest.raises(BadInputError):
            act(name)
    assert not (tmp_path / "projects").exists()


def test_a_project_without_a_database_is_a_directory_with_jobs(open_with, tmp_path):
    session = open_with()
    made = session.create_project("demo")
    assert made == session.project("demo") == make_project(tmp_path / "projects" / "demo")
    for name in ("demo", "DEMO"):
        with pytest.raises(BadInputError, match=r"The project 'demo' in .* exists already"):
            session.create_project(name)


def test_a_directory_that_is_used_or_that_lies_in_another_project_is_refused(open_with, tmp_path):
    session = open_with()
    first = session.create_project("first")
    used, link = tmp_path / "used", tmp_path / "link"
    used.mkdir()
    (used / "file").touch()
    link.symlink_to(first.directory / "CCP4_JOBS")
    for place, why in (
        (used, "is not empty"),
        (used / "file", "cannot be read"),
        (first.directory / "deeper", "one inside the other"),
        (first.directory / "x" / ".." / "deeper", "one inside the other"),
        (link, "one inside the other"),
        (tmp_path / "projects", "is not empty"),
    ):
        with pytest.raises(BadInputError, match=why):
            session.create_project("second", place)
    assert [one.name for one in session.projects()] == ["first"]
    empty = tmp_path / "empty"
    empty.mkdir()
    assert session.create_project("third", empty).directory == empty


def test_a_refused_project_leaves_no_directory(open_with, tmp_path):
    def create_project(project):
        raise BadInputError("no room")

    with pytest.raises(BadInputError, match="no room"):
        open_with(tiny=tiny(create_project)).create_project("new", tmp_path / "a" / "b")
    assert not (tmp_path / "a").exists()
