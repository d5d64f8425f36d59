"""Orphans: rows of the side tables whose job or file was deleted by a CCP4i2 that does not know these tables."""

from __future__ import annotations

from ccp4i2.db.models import File, FileUse, Job
from django.db.models import Exists, OuterRef

from ccp4hooks_database.models import (
    FileOrigin,
    JobAttempt,
    JobOwner,
    JobProvenance,
    JobTag,
    PendingUse,
    RecordedValue,
    UseOrigin,
    ValueOrigin,
)

SIDES = (
    (FileOrigin, "file_id", File),
    (UseOrigin, "use_id", FileUse),
    (JobAttempt, "job_id", Job),
    (JobOwner, "job_id", Job),
    (JobProvenance, "job_id", Job),
    (JobTag, "job_id", Job),
    (PendingUse, "job_id", Job),
    (RecordedValue, "job_id", Job),
    (ValueOrigin, "job_id", Job),
)


def remove() -> int:
    """Delete the rows of the side tables whose job, file or use no longer exists, and return their number."""
    return sum(
        side.objects.exclude(Exists(owner.objects.filter(pk=OuterRef(column)))).delete()[0]
        for side, column, owner in SIDES
    )
