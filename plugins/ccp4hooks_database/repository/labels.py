"""Titles, notes and tags of jobs and projects.

CCP4i2 has columns for all but the tags of jobs: ``Job.title``, ``Job.comments``, ``Project.name``,
``Project.description``, and ``ProjectTag``, whose rows form a tree.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ccp4i2.db.models import Job as JobRow
from ccp4i2.db.models import Project as ProjectRow
from ccp4i2.db.models import ProjectTag
from django.db.models import Q
from django.utils import timezone

from ccp4hooks import BadInputError, Job, Labels, Project, UnknownNameError
from ccp4hooks_database.connection import processes
from ccp4hooks_database.models import JobTag
from ccp4hooks_database.repository.moving import refuse_running
from ccp4hooks_database.repository.opening import lock_project_of
from ccp4hooks_database.repository.read import project_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from uuid import UUID

    from ccp4hooks.store import LabelChange

TAG_LIMIT = 50
"""Length of ``ProjectTag.text`` [characters]."""

BATCH = 500
"""Number of values in one condition; SQLite has a limit."""

TAGGED: Any = ProjectTag.projects.through
"""The table that joins tags and projects. Its rows are written without signals: CCP4i2's would write a snapshot."""


def create_project(project: Project) -> Project:
    """Record a project without jobs. Must be called in a transaction.

    Raises:
        BadInputError: The name or the directory is recorded as that of another project.
    """
    same = Q(name=project.name) | Q(directory__in={str(project.directory), str(project.directory.resolve())})
    known = ProjectRow.objects.filter(same).values_list("name", "directory").first()
    if known is not None:
        raise BadInputError(f"The database has the project {known[0]!r} in {known[1]} already.")
    # The UUID follows from the directory, which may have been that of a project that was moved.
    is_free = not ProjectRow.objects.filter(uuid=project.uuid).exists()
    row = ProjectRow(
        uuid=project.uuid if is_free else uuid4(),
        name=project.name,
        directory=str(project.directory),
        creation_user=processes.user_name(),
    )
    ProjectRow.objects.bulk_create([row])
    return project_value(row)


# --- reading ----------------------------------------------------------------------------------------------------


def read(uuids: Sequence[UUID]) -> list[Labels]:
    """Return the labels of the jobs and projects with these UUIDs."""
    return [one for batch in batches(uuids) for rows in (_of_jobs, _of_projects) for one in rows(batch)]


def batches(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Yield the values in parts that fit into one condition."""
    yield from (values[start : start + BATCH] for start in range(0, len(values), BATCH))


def _of_jobs(uuids: Sequence[UUID]) -> list[Labels]:
    rows = list(JobRow.objects.filter(uuid__in=uuids).values_list("pk", "uuid", "title", "comments"))
    tags = tags_of_jobs([pk for pk, *_ in rows])
    return [Labels(uuid=uuid, title=title, note=note, tags=tags[pk]) for pk, uuid, title, note in rows]


def tags_of_jobs(keys: Sequence[int]) -> Mapping[int, tuple[str, ...]]:
    """Return the tags of jobs by the keys of their rows; those of a job without tags are empty."""
    found: defaultdict[int, tuple[str, ...]] = defaultdict(tuple)
    for batch in batches(keys):
        for key, tag in JobTag.objects.filter(job_id__in=batch).order_by("tag").values_list("job_id", "tag"):
            found[key] += (tag,)
    return found


def _of_projects(uuids: Sequence[UUID]) -> list[Labels]:
    rows = list(ProjectRow.objects.filter(uuid__in=uuids).values_list("pk", "uuid", "name", "description"))
    if not rows:
        return []
    paths = _paths_of_tags()
    found: defaultdict[int, list[str]] = defaultdict(list)
    joined = TAGGED.objects.filter(project_id__in=[pk for pk, *_ in rows])
    for project, tag in joined.values_list("project_id", "projecttag_id"):
        found[project].append(paths[tag])
    return [Labels(uuid=uuid, title=name, note=note, tags=tuple(sorted(found[pk]))) for pk, uuid, name, note in rows]


def _paths_of_tags() -> dict[int, str]:
    """Return the texts of all tags of projects, joined by slashes with those of the tags above them."""
    rows = {pk: (above, text) for pk, above, text in ProjectTag.objects.values_list("pk", "parent_id", "text")}
    return {pk: "/".join(_texts_above(pk, rows)) for pk in rows}


def texts_of_tags(project_pk: int) -> list[list[str]]:
    """Return the tags of a project, each as the texts of the tags above it and its own."""
    rows = {pk: (above, text) for pk, above, text in ProjectTag.objects.values_list("pk", "parent_id", "text")}
    own = TAGGED.objects.filter(project_id=project_pk).values_list("projecttag_id", flat=True)
    return sorted(_texts_above(tag, rows) for tag in own)


def add_tags(project_pk: int, tags: Iterable[Sequence[str]]) -> None:
    """Give a project tags, and make those that do not exist.

    Args:
        project_pk: Key of the project.
        tags: What `texts_of_tags` has returned.
    """
    for texts in tags:
        above: int | None = None
        for text in texts:
            known = ProjectTag.objects.filter(parent_id=above, text=text[:TAG_LIMIT]).values_list("pk", flat=True)
            above = known.first() or _new_tag(text[:TAG_LIMIT], above)
        if above is not None:
            TAGGED.objects.bulk_create([TAGGED(project_id=project_pk, projecttag_id=above)], ignore_conflicts=True)


def _texts_above(pk: int, rows: Mapping[int, tuple[int | None, str]]) -> list[str]:
    texts: list[str] = []
    at: int | None = pk
    # No tag is deeper than there are tags, unless it is above itself.
    while at is not None and at in rows and len(texts) <= len(rows):
        at, text = rows[at]
        texts.insert(0, text)
    return texts


# --- changing ---------------------------------------------------------------------------------------------------


def change(subject: Job | Project, wanted: LabelChange) -> Labels | None:
    """Change the labels of a job or a project and return them; None if it is not recorded.

    Must be called in a transaction. The first statement locks the row of the project.

    Raises:
        BadInputError: Another project has the new name, a job of the project to rename is running, or a tag to remove
            is missing.
    """
    changed = _change_job(subject, wanted) if isinstance(subject, Job) else _change_project(subject, wanted)
    if not changed:
        return None
    (labels,) = _of_jobs([subject.uuid]) if isinstance(subject, Job) else _of_projects([subject.uuid])
    return labels


def _change_job(job: Job, wanted: LabelChange) -> bool:
    lock_project_of(job.uuid)
    rows = JobRow.objects.filter(uuid=job.uuid)
    key = rows.values_list("pk", flat=True).first()
    if key is None:
        return False
    if wanted.title is not None:
        rows.update(title=wanted.title)
    if wanted.note is not None:
        rows.update(comments=wanted.note)
    _require_tags(f"Job {job.number}", wanted.remove_tags, tags_of_jobs([key])[key])
    JobTag.objects.filter(job_id=key, tag__in=wanted.remove_tags).delete()
    JobTag.objects.bulk_create([JobTag(job_id=key, tag=tag) for tag in wanted.add_tags], ignore_conflicts=True)
    return True


def _change_project(project: Project, wanted: LabelChange) -> bool:
    rows = ProjectRow.objects.filter(uuid=project.uuid)
    if not rows.update(last_access=timezone.now()):
        return False
    if wanted.title is not None and wanted.title != rows.values_list("name", flat=True).get():
        _rename(project, wanted.title)
    if wanted.note is not None:
        rows.update(description=wanted.note)
    key = rows.values_list("pk", flat=True).get()
    paths = _paths_of_tags()
    joined = TAGGED.objects.filter(project_id=key)
    own = {paths[tag]: tag for tag in joined.values_list("projecttag_id", flat=True)}
    _require_tags(f"The project {project.name!r}", wanted.remove_tags, own)
    joined.filter(projecttag_id__in=[own[tag] for tag in wanted.remove_tags]).delete()
    known = {path: tag for tag, path in paths.items()}
    new = [TAGGED(project_id=key, projecttag_id=known.get(tag) or _new_tag(tag)) for tag in wanted.add_tags]
    TAGGED.objects.bulk_create(new, ignore_conflicts=True)
    return True


def _new_tag(text: str, above: int | None = None) -> int:
    """Return the key of a new tag, which is below another tag or below none."""
    tag = ProjectTag(text=text, parent_id=above)
    tag.save()  # CCP4i2 3.1 sets another column here.
    return int(tag.pk)


def _rename(project: Project, name: str) -> None:
    other = ProjectRow.objects.filter(name=name).exclude(uuid=project.uuid).values_list("directory", flat=True).first()
    if other is not None:
        raise BadInputError(f"The database has the project {name!r} in {other} already. Choose another name.")
    refuse_running(project)
    ProjectRow.objects.filter(uuid=project.uuid).update(name=name)


def _require_tags(whose: str, wanted: Iterable[str], own: Iterable[str]) -> None:
    for tag in wanted:
        if tag not in own:
            has = f"Its tags are {', '.join(own)}." if own else "It has no tags."
            raise UnknownNameError("tag", tag, own, has, fault=f"{whose} has no tag {tag!r}")
