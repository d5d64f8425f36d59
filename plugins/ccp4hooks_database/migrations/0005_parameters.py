"""Tables for the parameters of jobs, their results that are neither files nor KPIs, and how they were started."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):  # type: ignore[misc]

    dependencies = [
        ('ccp4hooks', '0004_owners'),
    ]

    operations = [
        migrations.CreateModel(
            name='RecordedValue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('parameter', 'Parameter'), ('outputData', 'Output'), ('program.xml', 'Program')], max_length=11)),
                ('name', models.CharField(max_length=255)),
                ('kind', models.CharField(choices=[('int', 'Int'), ('float', 'Float'), ('bool', 'Bool'), ('str', 'Str')], max_length=5)),
                ('text', models.TextField()),
                ('number', models.FloatField(null=True)),
                ('details', models.JSONField(default=dict)),
                ('job', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='ccp4hooks_recorded', to='ccp4i2.job')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('job', 'role', 'name'), name='ccp4hooks_recorded_job_name')],
            },
        ),
        migrations.CreateModel(
            name='JobProvenance',
            fields=[
                ('job', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='ccp4hooks_provenance', serialize=False, to='ccp4i2.job')),
                ('command', models.TextField(blank=True)),
                ('user', models.TextField(blank=True)),
                ('host', models.TextField(blank=True)),
                ('distribution', models.TextField(blank=True)),
                ('task_version', models.TextField(blank=True)),
                ('programs', models.JSONField(default=dict)),
                ('software', models.JSONField(default=dict)),
                ('cpu_s', models.FloatField(null=True)),
                ('peak_memory_bytes', models.BigIntegerField(null=True)),
            ],
        ),
    ]
