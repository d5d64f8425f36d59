"""The side tables: values that ccp4i2's own tables, which are not changed, cannot store.

A CCP4i2 that runs without this app does not know these tables. A foreign key enforced by the database would prevent it
from deleting its own jobs, so only Django enforces the keys. Rows that such a CCP4i2 orphans are never read, because
every query joins from ccp4i2's tables, whose keys are not used twice; ``ccp4hooks init`` removes them.

``by_hand`` marks rows that were registered manually through the API: recording an outcome does not delete them.
"""

from __future__ import annotations

from typing import ClassVar

from django.db.models import (
    CASCADE,
    BigIntegerField,
    BooleanField,
    CharField,
    DateTimeField,
    FloatField,
    ForeignKey,
    Index,
    IntegerField,
    JSONField,
    Model,
    OneToOneField,
    TextChoices,
    TextField,
    UniqueConstraint,
    UUIDField,
)


class FileOrigin(Model):  # type: ignore[misc]
    """The origin of a file, the time of its recording, its full parameter, and its checksum and size."""

    file = OneToOneField("ccp4i2.File", CASCADE, primary_key=True, related_name="ccp4hooks_origin", db_constraint=False)
    parameter = TextField()
    class_name = TextField(blank=True)
    plugin = TextField(blank=True)
    version = TextField(blank=True)
    sha256 = CharField(max_length=64, blank=True)
    size_bytes = BigIntegerField(null=True)
    by_hand = BooleanField(default=False, db_default=False)
    recorded_at = DateTimeField()

    def __str__(self) -> str:
        """Return parameter and plugin."""
        return f"{self.parameter} by {self.plugin}"


class ValueOrigin(Model):  # type: ignore[misc]
    """The origin of a KPI, the time of its recording, its unit, and its type."""

    class Kind(TextChoices):  # type: ignore[misc]
        """Type of the value before it was converted for its column."""

        INT = "int"
        FLOAT = "float"
        BOOL = "bool"
        STR = "str"

    job = ForeignKey("ccp4i2.Job", CASCADE, related_name="ccp4hooks_values", db_constraint=False)
    key = CharField(max_length=50)
    kind = CharField(max_length=5, choices=Kind.choices)
    unit = TextField(blank=True)
    indicator = TextField(blank=True)
    plugin = TextField(blank=True)
    version = TextField(blank=True)
    by_hand = BooleanField(default=False, db_default=False)
    recorded_at = DateTimeField()

    class Meta:
        """One origin per KPI."""

        constraints: ClassVar = [UniqueConstraint(fields=["job", "key"], name="ccp4hooks_value_job_key")]

    def __str__(self) -> str:
        """Return key and plugin."""
        return f"{self.key} by {self.plugin}"


class UseOrigin(Model):  # type: ignore[misc]
    """The full parameter of a file use, if ccp4i2's column is too short; the source of an import not copied again."""

    use = OneToOneField(
        "ccp4i2.FileUse", CASCADE, primary_key=True, related_name="ccp4hooks_origin", db_constraint=False
    )
    parameter = TextField()
    source = TextField(blank=True)
    modified_at = DateTimeField(null=True)
    by_hand = BooleanField(default=False, db_default=False)

    def __str__(self) -> str:
        """Return the parameter."""
        return str(self.parameter)


class PendingUse(Model):  # type: ignore[misc]
    """A use of a file that is not recorded yet; it becomes a FileUse when the file is recorded.

    A sub-job is recorded before its parent, and may read files that the parent imported.
    """

    job = ForeignKey("ccp4i2.Job", CASCADE, related_name="ccp4hooks_pending", db_constraint=False)
    file_uuid = UUIDField()
    parameter = TextField()

    class Meta:
        """One use per parameter; those of a file are also found by the file."""

        constraints: ClassVar = [
            UniqueConstraint(fields=["job", "file_uuid", "parameter"], name="ccp4hooks_pending_job_file_parameter")
        ]
        indexes: ClassVar = [Index(fields=["file_uuid"], name="ccp4hooks_pending_file")]

    def __str__(self) -> str:
        """Return parameter and file."""
        return f"{self.parameter}: {self.file_uuid}"


class RecordedValue(Model):  # type: ignore[misc]
    """A parameter of a job, or a result that is neither file nor KPI.

    ``number`` has the value of a number, and 0 or 1 for a bool, so that it can be compared. ``text`` has the value of a
    text, and the digits of a number.
    """

    class Role(TextChoices):  # type: ignore[misc]
        """What the value is: a parameter, a result in ``outputData``, or a result in ``program.xml``."""

        PARAMETER = "parameter"
        OUTPUT = "outputData"
        PROGRAM = "program.xml"

    job = ForeignKey("ccp4i2.Job", CASCADE, related_name="ccp4hooks_recorded", db_constraint=False)
    role = CharField(max_length=11, choices=Role.choices)
    name = CharField(max_length=255)
    kind = CharField(max_length=5, choices=ValueOrigin.Kind.choices)
    text = TextField()
    number = FloatField(null=True)
    details = JSONField(default=dict)

    class Meta:
        """One value per name."""

        constraints: ClassVar = [UniqueConstraint(fields=["job", "role", "name"], name="ccp4hooks_recorded_job_name")]

    def __str__(self) -> str:
        """Return name and value."""
        return f"{self.name} = {self.text}"


class JobProvenance(Model):  # type: ignore[misc]
    """How a job was started, with what software, and what it has used."""

    job = OneToOneField(
        "ccp4i2.Job", CASCADE, primary_key=True, related_name="ccp4hooks_provenance", db_constraint=False
    )
    command = TextField(blank=True)
    user = TextField(blank=True)
    host = TextField(blank=True)
    distribution = TextField(blank=True)
    task_version = TextField(blank=True)
    programs = JSONField(default=dict)
    software = JSONField(default=dict)
    cpu_s = FloatField(null=True)
    peak_memory_bytes = BigIntegerField(null=True)
    variation_of = TextField(blank=True, default="", db_default="")
    variation_uuid = UUIDField(null=True)
    fingerprint = CharField(max_length=64, blank=True, default="", db_default="")

    class Meta:
        """A job that was asked the same is found by its fingerprint."""

        indexes: ClassVar = [Index(fields=["fingerprint"], name="ccp4hooks_how_fingerprint")]

    def __str__(self) -> str:
        """Return the command."""
        return str(self.command)


class JobOwner(Model):  # type: ignore[misc]
    """The owner of a job, to distinguish a running job from one whose process has died.

    ``attempt`` counts the runs of the job, from 1. ``process`` identifies the process among all, ``boot_id``,
    ``pid_namespace``, ``pid`` and ``pid_started_ticks`` identify it on its machine; a row that an earlier version wrote
    lacks a part of them. ``heartbeat_uptime_s`` is the time since the boot at the last heartbeat [s]. ``recovers`` is
    true if the process does not run the job, but is recovering it from another process that has died.
    """

    job = OneToOneField("ccp4i2.Job", CASCADE, primary_key=True, related_name="ccp4hooks_owner", db_constraint=False)
    host = TextField()
    boot_id = TextField()
    pid = IntegerField()
    pid_started_at = DateTimeField()
    heartbeat_at = DateTimeField()
    started_at = DateTimeField(null=True)
    attempt = IntegerField(default=1, db_default=1)
    process = UUIDField(null=True)
    pid_started_ticks = BigIntegerField(null=True)
    pid_namespace = TextField(default="", db_default="")
    heartbeat_uptime_s = FloatField(null=True)
    recovers = BooleanField(default=False, db_default=False)

    class Meta:
        """The jobs of a process are found by the process, for its heartbeats."""

        indexes: ClassVar = [Index(fields=["process"], name="ccp4hooks_owner_process")]

    def __str__(self) -> str:
        """Return host and process."""
        return f"{self.host}:{self.pid}"


class JobTag(Model):  # type: ignore[misc]
    """A tag of a job. CCP4i2 has tags of projects only; the limit of their length holds here, too."""

    job = ForeignKey("ccp4i2.Job", CASCADE, related_name="ccp4hooks_tags", db_constraint=False, db_index=False)
    tag = CharField(max_length=50)

    class Meta:
        """Each tag once; jobs are also found by their tags."""

        constraints: ClassVar = [UniqueConstraint(fields=["job", "tag"], name="ccp4hooks_tag_job_tag")]
        indexes: ClassVar = [Index(fields=["tag", "job"], name="ccp4hooks_tag_tag_job")]

    def __str__(self) -> str:
        """Return the tag."""
        return str(self.tag)


class JobAttempt(Model):  # type: ignore[misc]
    """An attempt to run a job on an engine, from 1. The end of the latest attempt is that of the job.

    ``key`` is empty until the engine has accepted the job. ``end`` is a `JobStatus`.
    """

    job = ForeignKey("ccp4i2.Job", CASCADE, related_name="ccp4hooks_attempts", db_constraint=False, db_index=False)
    number = IntegerField()
    engine = TextField()
    key = TextField(default="")
    retries = IntegerField(default=0)
    fingerprint = CharField(max_length=64, default="")
    host = TextField(default="")
    submitted_at = DateTimeField()
    began_at = DateTimeField(null=True)
    ended_at = DateTimeField(null=True)
    end = IntegerField(null=True)

    class Meta:
        """Each number once; jobs are also found by their fingerprint."""

        constraints: ClassVar = [UniqueConstraint(fields=["job", "number"], name="ccp4hooks_attempt_job_number")]
        indexes: ClassVar = [Index(fields=["fingerprint"], name="ccp4hooks_attempt_print")]

    def __str__(self) -> str:
        """Return number and engine."""
        return f"{self.number} on {self.engine}"
