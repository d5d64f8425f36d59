"""Attempts to run jobs on engines."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):  # type: ignore[misc]

    dependencies = [
        ('ccp4hooks', '0008_variations'),
        ('ccp4i2', '0016_projectexport_status'),
    ]

    operations = [
        migrations.CreateModel(
            name='JobAttempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.IntegerField()),
                ('engine', models.TextField()),
                ('key', models.TextField(default='')),
                ('retries', models.IntegerField(default=0)),
                ('fingerprint', models.CharField(default='', max_length=64)),
                ('host', models.TextField(default='')),
                ('submitted_at', models.DateTimeField()),
                ('began_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('end', models.IntegerField(null=True)),
                ('job', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='ccp4hooks_attempts', to='ccp4i2.job')),
            ],
            options={
                'indexes': [models.Index(fields=['fingerprint'], name='ccp4hooks_attempt_print')],
                'constraints': [models.UniqueConstraint(fields=('job', 'number'), name='ccp4hooks_attempt_job_number')],
            },
        ),
    ]
