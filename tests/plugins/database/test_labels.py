"""Titles, notes and tags, in CCP4i2's own columns and in the table of tags of jobs."""

from dataclasses import replace
from uuid import uuid4

import pytest
from plugins.database.helpers import opened, outcome_of

from ccp4hooks import BadInputError, JobStatus, Labels, Project
from ccp4hooks.store import LabelChange

BEST = LabelChange(title="Best", note="line one\nline two", add_tags=("b", "a b", "b"))


def labels_of(plugin, subject):
    (found,) = plugin.read_labels([subject.uuid])
    return found


def test_the_labels_of_a_job_are_in_the_columns_of_ccp4i2_and_in_the_table_of_tags(plugin, project, rows):
    from ccp4i2.db.models import Job

    job = opened(plugin, project)
    expected = Labels(uuid=job.uuid, title="Best", note="line one\nline two", tags=("a b", "b"))
    assert plugin.change_labels(job, BEST) == expected
    assert labels_of(plugin, job) == expected
    assert rows(lambda: Job.objects.values_list("title", "comments").get()) == ("Best", "line one\nline two")
    later = plugin.change_labels(job, LabelChange(note="", remove_tags=("b",)))
    assert later == replace(expected, note="", tags=("a b",))


def test_recording_an_outcome_again_changes_no_label(plugin, project):
    job = opened(plugin, project)
    plugin.job_status(job, JobStatus.RUNNING, (), ())
    changed = plugin.change_labels(job, BEST)
    for _ in range(2):
        plugin.job_finished(job, outcome_of(job))
        assert labels_of(plugin, job) == changed
    assert plugin.read_outcomes(project, None)[0].job.title == "Best"


def test_the_labels_of_a_project_are_those_of_ccp4i2(plugin, project, rows):
    from ccp4i2.db.models import Project as Row
    from ccp4i2.db.models import ProjectTag

    opened(plugin, project)

    def deeper():
        above = ProjectTag.objects.create(text="Mpro")
        ProjectTag.objects.create(text="bound", parent=above)

    rows(deeper)
    change = LabelChange(note="for Ada", add_tags=("Mpro/bound", "lab", "x/y"))
    expected = Labels(uuid=project.uuid, title="toxd", note="for Ada", tags=("Mpro/bound", "lab", "x/y"))
    assert plugin.change_labels(project, change) == plugin.change_labels(project, change) == expected
    assert rows(lambda: Row.objects.values_list("name", "description").get()) == ("toxd", "for Ada")
    texts = rows(lambda: sorted(ProjectTag.objects.values_list("text", flat=True)))
    assert texts == ["Mpro", "bound", "lab", "x/y"]
    assert plugin.change_labels(project, LabelChange(remove_tags=("Mpro/bound", "lab"))).tags == ("x/y",)
    assert rows(ProjectTag.objects.count) == 4


def test_a_tag_that_is_missing_undoes_the_whole_change(plugin, project):
    job = opened(plugin, project)
    before = plugin.change_labels(job, LabelChange(add_tags=("best",)))
    with pytest.raises(BadInputError, match=r"Job 1 has no tag 'bets'; did you mean best\? Its tags are best\."):
        plugin.change_labels(job, LabelChange(title="new", add_tags=("new",), remove_tags=("bets",)))
    assert labels_of(plugin, job) == before
    with pytest.raises(BadInputError, match=r"The project 'toxd' has no tag 'x'\. It has no tags\."):
        plugin.change_labels(project, LabelChange(note="new", remove_tags=("x",)))
    assert labels_of(plugin, project).note == ""


def test_a_project_is_renamed_unless_a_job_runs_or_the_name_is_taken(plugin, project, tmp_path):
    job = opened(plugin, project)
    other = Project(name="other", directory=tmp_path / "other", uuid=uuid4())
    opened(plugin, other)
    with pytest.raises(BadInputError, match="Job 1 of the project 'toxd' is running"):
        plugin.change_labels(project, LabelChange(title="new"))
    plugin.job_finished(job, outcome_of(job))
    with pytest.raises(BadInputError, match=r"The database has the project 'other' in .* already"):
        plugin.change_labels(project, LabelChange(title="other"))
    assert plugin.change_labels(project, LabelChange(title="new")).title == "new"
    assert plugin.find_project("toxd", None) is None
    assert plugin.find_project("new", None) == replace(project, name="new")


def test_what_is_not_recorded_has_no_labels(plugin, project):
    job = opened(plugin, project)
    stranger = replace(job, uuid=uuid4())
    assert plugin.change_labels(stranger, BEST) is None
    assert plugin.change_labels(replace(project, uuid=uuid4()), BEST) is None
    assert plugin.read_labels([stranger.uuid]) == []


def test_the_labels_of_many_jobs_are_read_at_once(plugin, project):
    job = opened(plugin, project)
    found = plugin.read_labels([*(uuid4() for _ in range(1500)), job.uuid, project.uuid])
    assert [one.title for one in found] == ["Free R", "toxd"]


def test_a_project_without_jobs_is_recorded_once(plugin, project, tmp_path):
    assert plugin.create_project(project) == project
    assert plugin.list_projects() == [project]
    again = Project(name="again", directory=project.directory, uuid=uuid4())
    for taken in (project, again):
        with pytest.raises(BadInputError, match="The database has the project 'toxd' in"):
            plugin.create_project(taken)
    # The directory was moved, and a project is made in its place: its UUID follows from the directory.
    plugin.move_project(project, tmp_path / "moved")
    made = plugin.create_project(Project(name="second", directory=project.directory, uuid=project.uuid))
    assert made.uuid != project.uuid
    job = opened(plugin, made)
    assert (job.number, job.project) == ("1", made)


def test_ccp4i2_deletes_a_job_with_its_tags(plugin, project, rows):
    from ccp4i2.db.models import Job

    from ccp4hooks_database.models import JobTag

    plugin.change_labels(opened(plugin, project), BEST)
    assert rows(JobTag.objects.count) == 2
    rows(lambda: Job.objects.get().delete())
    assert rows(JobTag.objects.count) == 0
