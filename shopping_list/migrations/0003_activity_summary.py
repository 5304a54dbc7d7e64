"""Give every recorded change a summary, so that a feed need not read its rows."""

from django.db import migrations, models

import shopping_list.models

MAX_NAMES = 3
SHOWN_FIELDS = ("name", "quantity", "note", "category", "purchased", "role")
CHUNK_SIZE = 50


def summary_of(entries):
    """Return a summary. A copy of recording/activity_summary.py, which may change."""
    items = [entry for entry in entries if "item" in entry]
    members = [entry for entry in entries if "member" in entry]
    rows = [*items, *members]
    before, after = (entries[0]["before"], entries[0]["after"]) if len(entries) == 1 else (None,) * 2
    return {
        "items": len(items),
        "members": len(members),
        "list_changed": len(rows) < len(entries),
        "names": [(row["after"] or row["before"])["name"] for row in rows[:MAX_NAMES]],
        "fields": {
            field: {"before": before[field], "after": after[field]}
            for field in SHOWN_FIELDS
            if before and after and field in before and before[field] != after[field]
        },
    }


def fill_summaries(apps, schema_editor):
    """Set the summary of each change. A few are read at a time: one may have many rows."""
    activities = apps.get_model("shopping_list", "Activity").objects
    last_pk = 0
    while True:
        newer = activities.filter(pk__gt=last_pk).order_by("pk")
        chunk = list(newer.only("pk", "changes")[:CHUNK_SIZE])
        if not chunk:
            return
        for activity in chunk:
            activity.summary = summary_of(activity.changes)
        activities.bulk_update(chunk, ["summary"])
        last_pk = chunk[-1].pk


class Migration(migrations.Migration):
    dependencies = [("shopping_list", "0002_digest")]

    operations = [
        migrations.AddField(
            model_name="activity",
            name="summary",
            field=models.JSONField(default=shopping_list.models.empty_summary),
        ),
        migrations.RunPython(fill_summaries, migrations.RunPython.noop),
    ]
