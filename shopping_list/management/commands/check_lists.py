"""Check the digest of every list against its rows and its log."""

from __future__ import annotations

from argparse import ArgumentParser

from django.core.management.base import CommandError

from rest.database_command import DatabaseCommand
from shopping_list.models import ShoppingList
from shopping_list.services import list_checks


class Command(DatabaseCommand):
    """Print the lists whose digest is wrong; with `--repair`, correct them."""

    help = (
        "Compare the digest of every list with its rows and its log. A digest can only be wrong "
        "after writes that bypass recording: SQL by hand, or loaddata."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add `--repair`."""
        parser.add_argument(
            "--repair",
            action="store_true",
            help="set the right digest and a new epoch, so that every screen reads the list again",
        )

    def handle(self, *, repair: bool, **options: object) -> None:
        """Check every list; fail if one is wrong and was not repaired."""
        lists = dict(ShoppingList.objects.order_by("created_at", "pk").values_list("pk", "name"))
        wrong = 0
        for list_id, name in lists.items():
            differences = list_checks.differences(list_id)
            wrong += bool(differences)
            for difference in differences:
                self.stdout.write(f"{list_id} {name!r}: {difference}")
            if differences and repair:
                list_checks.repair(list_id)
                self.stdout.write(f"{list_id} {name!r}: repaired")
        self.stdout.write(f"{len(lists)} lists checked, {wrong} wrong")
        if wrong and not repair:
            raise CommandError("run `manage.py check_lists --repair` to correct them")
