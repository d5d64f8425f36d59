"""Describe an exported project as an RO-Crate: each job is an action that has made files from others.

Source: Process Run Crate 0.5 (https://w3id.org/ro/wfrun/process/0.5), which is based on RO-Crate 1.1.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ccp4hooks.errors import BadInputError
from ccp4hooks.exchange.archive_names import DATABASE, RECORD
from ccp4hooks.exchange.tables import relative
from ccp4hooks.model.numbers import JobNumber

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from ccp4hooks.exchange.selection import Selection
    from ccp4hooks.model import Labels, Outcome
    from ccp4hooks.outcomes.project_members import Member

METADATA = "ro-crate-metadata.json"

PROFILE = "https://w3id.org/ro/wfrun/process/0.5"

CCP4I2 = "https://github.com/ccp4/ccp4i2"

SCHEMA = "http://schema.org"

NO_LICENSE = "No licence was given. Ask the authors before you use the data."


def require_library() -> None:
    """Check that the library that writes RO-Crates is installed.

    Raises:
        BadInputError: It is not.
    """
    if find_spec("rocrate") is None:
        raise BadInputError("An RO-Crate needs the library rocrate. Install it by `pip install 'ccp4hooks[ro-crate]'`.")


def description(
    chosen: Selection, files: Sequence[Member], labels: Labels, licence: str, texts: Mapping[str, str]
) -> dict[str, bytes]:
    """Return the file that describes an exported project, by its name.

    Args:
        chosen: What is exported.
        files: The exported files.
        labels: Note and tags of the project.
        licence: The licence of the data, a URL or a text; empty if none was given.
        texts: The titles of tasks, by their names.
    """
    crate = _Crate(chosen, {one.name: one.path.stat().st_size for one in files if one.path.is_file()})
    crate.describe(labels, licence)
    for outcome in chosen.outcomes:
        crate.add_job(outcome, texts.get(outcome.job.task, ""))
    return {METADATA: json.dumps(crate.metadata(), indent=1).encode()}


class _Crate:
    """The entities of an RO-Crate.

    Args:
        chosen: What is exported.
        sizes: Sizes of the exported files by their names [bytes].
    """

    def __init__(self, chosen: Selection, sizes: Mapping[str, int]) -> None:
        from rocrate.rocrate import ROCrate  # noqa: PLC0415 - optional, and slow

        self._crate = ROCrate(version="1.1")
        self._chosen = chosen
        self._sizes = sizes
        self._files: dict[str, Any] = {}
        self._paths: dict[UUID, str] = {}
        for outcome in chosen.outcomes:
            self._paths |= {file.uuid: relative(file.path, chosen.project) for file in outcome.imported}
            self._paths |= {file.uuid: relative(file.path, chosen.project) for file in outcome.files}

    def metadata(self) -> Any:
        """Return the content of the file."""
        return self._crate.metadata.generate()

    def _entity(self, about: str, kind: str, /, **properties: Any) -> Any:
        from rocrate.model import ContextEntity  # noqa: PLC0415 - as above

        given = {name: value for name, value in properties.items() if value not in ("", None)}
        return self._crate.add(ContextEntity(self._crate, about, properties={"@type": kind, **given}))

    def describe(self, labels: Labels, licence: str) -> None:
        """Describe the crate as a whole."""
        root, project = self._crate, self._chosen.project
        root.name = project.name
        root.description = labels.note or f"The CCP4i2 project {project.name}, with the record of its jobs."
        root.license = licence or NO_LICENSE
        root.root_dataset["identifier"] = f"urn:uuid:{project.uuid}"
        if labels.tags:
            root.root_dataset["keywords"] = ", ".join(labels.tags)
        profile = self._entity(PROFILE, "CreativeWork", name="Process Run Crate", version="0.5")
        root.root_dataset["conformsTo"] = [profile]
        self._add_file(
            DATABASE, name="The record of the project in the format of CCP4i2", encodingFormat="application/xml"
        )
        self._add_file(RECORD, name="The record of the project by ccp4hooks", encodingFormat="application/json")

    def _add_file(self, place: str, /, **properties: Any) -> Any:
        """Return the entity of a file, added if it is not known yet."""
        from rocrate.model import File  # noqa: PLC0415 - as above

        if place not in self._files:
            size = self._sizes.get(place)
            given = {"contentSize": str(size), **properties} if size is not None else properties
            known = {key: value for key, value in given.items() if value}
            self._files[place] = self._crate.add(File(self._crate, dest_path=place, properties=known))
        return self._files[place]

    def add_job(self, outcome: Outcome, title: str) -> None:
        """Add the action of a job."""
        job, how = outcome.job, outcome.provenance
        results = [entity for file in outcome.files if (entity := self._file(file))]
        inputs = [entity for file in outcome.imported if (entity := self._file(file))]
        inputs += [self._files[name] for use in outcome.uses if (name := self._paths.get(use.file_uuid)) in self._files]
        about = f"#job-{job.number}"
        values = [
            self._entity(f"{about}-parameter-{n}", "PropertyValue", name=one.name, value=one.value)
            for n, one in enumerate(outcome.parameters, 1)
            if not one.is_file
        ]
        kpis = [
            self._entity(
                f"{about}-kpi-{n}",
                "PropertyValue",
                name=kpi.key,
                value=kpi.value,
                unitText=kpi.unit,
                description=kpi.description,
            )
            for n, kpi in enumerate(outcome.kpis, 1)
        ]
        action = self._entity(
            about,
            "CreateAction",
            name=job.title or job.task,
            description=f"Job {job.number} of the project {job.project.name}",
            identifier=f"urn:uuid:{job.uuid}",
            startTime=_time(outcome.started_at or outcome.created_at),
            endTime=_time(outcome.finished_at),
            actionStatus=_status(outcome),
            error="\n".join(one.message for one in outcome.problems) if outcome.status.is_failure else "",
        )
        action["instrument"] = [self._tool(outcome, title)]
        for name, entities in (("object", inputs + values), ("result", results + kpis)):
            if entities:
                action[name] = entities
        if how.user:
            action["agent"] = [self._person(how.user)]
        self._crate.root_dataset.append_to("mentions", action)
        parent = self._crate.dereference(f"#job-{JobNumber(job.number).parent}")
        if parent is not None:
            parent.append_to("hasPart", action)

    def _file(self, file: Any) -> Any:
        """Return the entity of a recorded file, or None if the file was not exported."""
        name = relative(file.path, self._chosen.project)
        if name not in self._sizes:
            return None
        return self._add_file(name, name=file.annotation or name, encodingFormat=file.file_type)

    def _tool(self, outcome: Outcome, title: str) -> Any:
        version = outcome.provenance.task_version or outcome.software.get("ccp4i2", "")
        about = f"#task-{outcome.job.task}"
        known = self._crate.dereference(about)
        return known or self._entity(
            about, "SoftwareApplication", name=title or outcome.job.task, url=CCP4I2, softwareVersion=version
        )

    def _person(self, user: str) -> Any:
        known = self._crate.dereference(f"#user-{user}")
        return known or self._entity(f"#user-{user}", "Person", name=user)


def _time(value: Any) -> str:
    return "" if value is None else str(value.isoformat())


def _status(outcome: Outcome) -> str:
    if not outcome.status.is_over:
        return f"{SCHEMA}/PotentialActionStatus"
    return f"{SCHEMA}/{'FailedActionStatus' if outcome.status.is_failure else 'CompletedActionStatus'}"
