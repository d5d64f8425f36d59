"""Tags of jobs: CCP4i2 has a table for those of projects only."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):  # type: ignore[misc]

    dependencies = [
        ('ccp4hooks', '0005_parameters'),
        ('ccp4i2', '0016_projectexport_status'),
    ]

    operations = [
        migrations.CreateModel(
            name='JobTag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tag', models.CharField(max_length=50)),
                ('job', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='ccp4hooks_tags', to='ccp4i2.job')),
            ],
            options={
                'indexes': [models.Index(fields=['tag', 'job'], name='ccp4hooks_tag_tag_job')],
                'constraints': [models.UniqueConstraint(fields=('job', 'tag'), name='ccp4hooks_tag_job_tag')],
            },
        ),
    ]
