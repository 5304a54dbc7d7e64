"""Store what a request with an Idempotency-Key needed: a repeated one needs it too."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("shopping_list", "0003_activity_summary"),
    ]

    operations = [
        migrations.AddField(
            model_name="idempotentresponse",
            name="needed_role",
            field=models.CharField(default="viewer", max_length=10),
        ),
        migrations.AddField(
            model_name="idempotentresponse",
            name="needs_unrestricted_token",
            field=models.BooleanField(default=False),
        ),
    ]
