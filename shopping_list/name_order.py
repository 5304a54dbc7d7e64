"""The order of names, the same on every database: by their keys, accents last."""

from __future__ import annotations

from typing import Any

from django.db.models import CharField, Func

from shopping_list.parsing.item_names import ACCENTS


class NameOrder(Func):
    """What rows are sorted by: apfel, Äpfel, Birne. The argument is a name or its key.

    On SQLite it is item_names.sort_key. PostgreSQL has functions for it, and needs a
    collation, because the one of its database may have any order.
    """

    function = "TROLLEY_SORT_KEY"  # asgi_project/sqlite/base.py
    arity = 1
    output_field = CharField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Return the SQL of PostgreSQL."""
        key = "LOWER(NORMALIZE(%(expressions)s, NFKC))"
        plain = f"TRANSLATE(NORMALIZE({key}, NFD), '{ACCENTS}', '')"
        template = f'({plain} || CHR(1) || {key}) COLLATE "C"'
        return self.as_sql(compiler, connection, template=template, **context)
