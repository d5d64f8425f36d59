"""Record of an owner what no step of the system clock changes, and count the runs of a job.

The columns have defaults in the database: a process of an earlier version may still be running jobs.
"""

from django.db import migrations, models

FIELDS = {
    'attempt': models.IntegerField(default=1, db_default=1),
    'process': models.UUIDField(null=True),
    'pid_started_ticks': models.BigIntegerField(null=True),
    'pid_namespace': models.TextField(default='', db_default=''),
    'heartbeat_uptime_s': models.FloatField(null=True),
    'recovers': models.BooleanField(default=False, db_default=False),
}


class Migration(migrations.Migration):  # type: ignore[misc]

    dependencies = [
        ('ccp4hooks', '0003_checksum'),
    ]

    operations = [
        migrations.AddField(model_name='jobowner', name=name, field=field)
        for name, field in FIELDS.items()
    ]
