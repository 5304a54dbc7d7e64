"""What is kept through restarts: the counts of the dashboard, and which lists users have seen.

The columns `counts`, `topics`, `pending`, `rolled_up` and `content` are MessagePack
(live/history/counts.py), because a histogram has up to 529 buckets. They hold numbers and the
names of signals only: nothing of a user, a list or a request.
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from shopping_list.models import ShoppingList

OLDER_PROCESSES = ""
"""The row with the sum of the processes whose own rows were folded into it."""


class ProcessCounts(models.Model):
    """What one process has counted since its start. Totals are the sum of all rows.

    A process writes its own row, once a second at most. Only the holder of the lease writes
    `rolled_up`: the counts that are in the rollups already.
    """

    process = models.CharField(max_length=32, primary_key=True)
    version = models.CharField(max_length=64)
    started_at = models.DateTimeField()
    written_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True)
    counts = models.BinaryField()
    topics = models.BinaryField()
    slot = models.BigIntegerField()
    pending = models.BinaryField()
    rolled_up = models.BinaryField()

    def __str__(self) -> str:
        return self.process or "older processes"


class Rollup(models.Model):
    """What all processes counted in `step` seconds from `start` (Unix time in seconds)."""

    step = models.IntegerField()
    start = models.BigIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["step", "start"], name="one_rollup_of_a_time")
        ]

    def __str__(self) -> str:
        return f"{self.step} s from {self.start}"


class MarkKind(models.TextChoices):
    """What happened: to a process, or to the installation (a condition of the verdict).

    A fault is a process that is silent but did not stop.
    """

    START = "start"
    STOP = "stop"
    VERSION = "version"
    FAULT = "fault"
    CONDITION = "condition"


class Mark(models.Model):
    """A moment that explains a change of the charts.

    A condition has no process and no version, but a key, a sentence without names of users,
    and `until`: its end if it is over, otherwise when it was last known to go on.
    """

    at = models.DateTimeField(db_index=True)
    kind = models.CharField(max_length=16, choices=MarkKind.choices)
    process = models.CharField(max_length=32, default="")
    version = models.CharField(max_length=64, default="")
    condition = models.CharField(max_length=32, default="")
    text = models.CharField(max_length=200, default="")
    until = models.DateTimeField(null=True)
    is_over = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"{self.kind} of {self.process or self.condition}"


class HistoryState(models.Model):
    """One row: since when counts are kept, and which process may write the rollups.

    Its row lock orders all writers of rollups. `generation` rises with each of their commits.
    """

    since = models.DateTimeField()
    holder = models.CharField(max_length=32)
    held_until = models.DateTimeField()
    generation = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"since {self.since}"


class Visit(models.Model):
    """Up to which version a user has seen a list on a screen, and when.

    It is no change of the list: the other members do not see it.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    shopping_list = models.ForeignKey(ShoppingList, on_delete=models.CASCADE, related_name="+")
    epoch = models.CharField(max_length=8)
    version = models.PositiveBigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "shopping_list"], name="one_visit_of_a_user_to_a_list"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} saw {self.shopping_list_id} at {self.version}"
