"""The side tables: what ccp4i2's own tables, which stay untouched, have no room for.

A CCP4i2 that runs without this app does not know these tables, so a foreign key enforced by the database would stop it
from deleting its own jobs. The keys are therefore enforced by Django only; rows that such a CCP4i2 leaves behind are
never seen (every query joins from ccp4i2's tables, whose keys are not used twice) and removed by ``ccp4hooks init``.

``by_hand`` tells what somebody registered through the API from what an outcome holds: recording an outcome keeps it.
"""

from __future__ import annotations

from typing import ClassVar

from django.db.models import (
    CASCADE,
    BigIntegerField,
    BooleanField,
    CharField,
    DateTimeField,
    ForeignKey,
    IntegerField,
    Model,
    OneToOneField,
    TextChoices,
    TextField,
    UniqueConstraint,
    UUIDField,
)


class FileOrigin(Model):  # type: ignore[misc]
    """Keep who recorded a file and when, its full parameter, and what identifies its content."""

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
    """Keep who recorded a KPI and when, its unit, and the type that its column does not tell."""

    class Kind(TextChoices):  # type: ignore[misc]
        """Type of the value as it was given."""

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
        """One origin per value."""

        constraints: ClassVar = [UniqueConstraint(fields=["job", "key"], name="ccp4hooks_value_job_key")]

    def __str__(self) -> str:
        """Return key and plugin."""
        return f"{self.key} by {self.plugin}"


class UseOrigin(Model):  # type: ignore[misc]
    """Keep the full parameter of a file use where ccp4i2's column does not, and the source of an import not copied."""

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
    """Keep a use of a file that is not recorded yet; it becomes a FileUse together with the file.

    A sub-job is recorded before its parent, and may read what the parent imported.
    """

    job = ForeignKey("ccp4i2.Job", CASCADE, related_name="ccp4hooks_pending", db_constraint=False)
    file_uuid = UUIDField()
    parameter = TextField()

    class Meta:
        """One use per parameter."""

        constraints: ClassVar = [
            UniqueConstraint(fields=["job", "file_uuid", "parameter"], name="ccp4hooks_pending_job_file_parameter")
        ]

    def __str__(self) -> str:
        """Return parameter and file."""
        return f"{self.parameter}: {self.file_uuid}"


class JobOwner(Model):  # type: ignore[misc]
    """Keep which process has a job in hand, so that a job whose process is gone can be told from one that runs."""

    job = OneToOneField("ccp4i2.Job", CASCADE, primary_key=True, related_name="ccp4hooks_owner", db_constraint=False)
    host = TextField()
    boot_id = TextField()
    pid = IntegerField()
    pid_started_at = DateTimeField()
    heartbeat_at = DateTimeField()
    started_at = DateTimeField(null=True)

    def __str__(self) -> str:
        """Return host and process."""
        return f"{self.host}:{self.pid}"
