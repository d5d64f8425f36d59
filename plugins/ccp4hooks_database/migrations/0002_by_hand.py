from django.db import migrations, models


class Migration(migrations.Migration):  # type: ignore[misc]

    dependencies = [
        ('ccp4hooks', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name=name,
            name='by_hand',
            field=models.BooleanField(default=False, db_default=False),
        )
        for name in ('fileorigin', 'valueorigin', 'useorigin')
    ]
