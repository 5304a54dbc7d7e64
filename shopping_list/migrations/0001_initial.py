import django.db.models.deletion
import django.utils.timezone
import shopping_list.models
import uuid
from django.conf import settings
from django.db import migrations, models


def sort_positions_bytewise(apps, schema_editor):
    """Sort positions bytewise on PostgreSQL too, as fractional indexes need.

    SQLite sorts bytewise by itself, and knows no collation named "C".
    """
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "ALTER TABLE shopping_list_shoppingitem "
            'ALTER COLUMN position TYPE varchar(255) COLLATE "C"'
        )


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="IdempotentResponse",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("scope", models.CharField(max_length=64)),
                ("key", models.UUIDField()),
                ("fingerprint", models.CharField(max_length=64)),
                ("status", models.PositiveSmallIntegerField(default=0)),
                ("body", models.JSONField(null=True)),
                ("headers", models.JSONField(default=dict)),
                ("at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("scope", "key"), name="unique_key")
                ],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("viewer", "Viewer"),
                            ("ticker", "Ticker"),
                            ("editor", "Editor"),
                            ("owner", "Owner"),
                        ],
                        default="editor",
                        max_length=6,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="ShoppingList",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=200)),
                ("epoch", models.CharField(default=shopping_list.models.new_epoch, max_length=8)),
                ("version", models.PositiveBigIntegerField(default=0)),
                (
                    "last_interaction",
                    models.DateTimeField(db_index=True, default=django.utils.timezone.now),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("deleted_at", models.DateTimeField(blank=True, db_index=True, null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "members",
                    models.ManyToManyField(
                        related_name="shopping_lists",
                        through="shopping_list.Membership",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "base_manager_name": "objects",
            },
        ),
        migrations.AddField(
            model_name="membership",
            name="shopping_list",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="memberships",
                to="shopping_list.shoppinglist",
            ),
        ),
        migrations.CreateModel(
            name="Invite",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("digest", models.CharField(max_length=64, unique=True)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("viewer", "Viewer"),
                            ("ticker", "Ticker"),
                            ("editor", "Editor"),
                            ("owner", "Owner"),
                        ],
                        max_length=6,
                    ),
                ),
                ("guest", models.BooleanField(default=False)),
                ("expires_at", models.DateTimeField(db_index=True)),
                ("max_uses", models.PositiveIntegerField(blank=True, null=True)),
                ("uses", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "shopping_list",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="shopping_list.shoppinglist",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Activity",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("list_id", models.UUIDField()),
                ("version", models.PositiveBigIntegerField()),
                ("epoch", models.CharField(max_length=8)),
                ("verb", models.CharField(max_length=16)),
                ("actor_name", models.CharField(blank=True, default="", max_length=150)),
                ("operation_id", models.UUIDField(null=True)),
                ("changes", models.JSONField()),
                ("frame", models.BinaryField()),
                ("undoes", models.PositiveBigIntegerField(null=True)),
                ("at", models.DateTimeField()),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "activities",
                "indexes": [
                    models.Index(
                        condition=models.Q(("undoes__isnull", False)),
                        fields=["list_id", "undoes"],
                        name="activity_undoes_idx",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("list_id", "version"), name="unique_version"),
                    models.UniqueConstraint(
                        condition=models.Q(("operation_id__isnull", False)),
                        fields=("list_id", "operation_id"),
                        name="unique_operation",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ShoppingItem",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=200)),
                ("name_key", models.CharField(editable=False, max_length=800)),
                ("quantity", models.CharField(blank=True, default="", max_length=50)),
                ("note", models.CharField(blank=True, default="", max_length=1000)),
                ("category", models.CharField(blank=True, default="", max_length=100)),
                ("purchased", models.BooleanField(default=False)),
                ("purchased_at", models.DateTimeField(blank=True, null=True)),
                ("position", models.CharField(blank=True, default="", max_length=255)),
                ("version", models.PositiveBigIntegerField(default=0)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "purchased_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "shopping_list",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="shopping_list.shoppinglist",
                    ),
                ),
            ],
            options={
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(fields=["shopping_list", "position", "id"], name="item_order_idx"),
                    models.Index(fields=["shopping_list", "name_key"], name="item_name_idx"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("purchased", False)),
                        fields=("shopping_list", "name_key"),
                        name="unique_open_item_name",
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(
                condition=models.Q(("expires_at__isnull", False)),
                fields=["expires_at"],
                name="membership_expiry_idx",
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.UniqueConstraint(
                fields=("shopping_list", "user"), name="unique_member"
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", ["viewer", "ticker", "editor", "owner"])),
                name="valid_role",
            ),
        ),
        migrations.AddIndex(
            model_name="invite",
            index=models.Index(fields=["shopping_list", "-created_at"], name="invite_newest_idx"),
        ),
        migrations.AddConstraint(
            model_name="invite",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", ["viewer", "ticker", "editor"])),
                name="valid_invite_role",
            ),
        ),
        migrations.AddConstraint(
            model_name="invite",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("max_uses", None), ("uses__lte", models.F("max_uses")), _connector="OR"
                ),
                name="valid_invite_uses",
            ),
        ),
        migrations.RunPython(sort_positions_bytewise, migrations.RunPython.noop),
    ]
