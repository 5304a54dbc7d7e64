"""The column of the rows of a change has another encoder, which the database need not know."""

from django.db import migrations, models

import shopping_list.rows


class Migration(migrations.Migration):
    dependencies = [("shopping_list", "0006_name_keys")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="activity",
                    name="changes",
                    field=models.JSONField(encoder=shopping_list.rows.RowEncoder),
                ),
            ]
        ),
    ]
