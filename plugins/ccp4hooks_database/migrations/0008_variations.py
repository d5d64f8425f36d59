"""Columns for the job of which a job is a variation, and for the fingerprint of what it was asked."""

from django.db import migrations, models


class Migration(migrations.Migration):  # type: ignore[misc]

    dependencies = [
        ('ccp4hooks', '0007_query_indexes'),
    ]

    operations = [
        migrations.AddField('JobProvenance', 'variation_of', models.TextField(blank=True, db_default='', default='')),
        migrations.AddField('JobProvenance', 'variation_uuid', models.UUIDField(null=True)),
        migrations.AddField('JobProvenance', 'fingerprint', models.CharField(blank=True, db_default='', default='', max_length=64)),
        migrations.AddIndex('JobProvenance', models.Index(fields=['fingerprint'], name='ccp4hooks_how_fingerprint')),
    ]
