"""Items have shops and may be not found; lists have aisles, shops and staples.

No digest changes: the fields are part of it only where they are not empty.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shopping_list", "0007_row_encoder")]

    operations = [
        migrations.AddField(
            model_name="activity",
            name="other_list_id",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="shoppingitem",
            name="not_found_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="shoppingitem",
            name="shops",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="shoppinglist",
            name="aisles",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="shoppinglist",
            name="shops",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="shoppinglist",
            name="staples",
            field=models.JSONField(blank=True, default=dict),
        ),
    ]
