"""Stamps: when a token or a session was last used. They are written by requests that only read.

So a database that cannot be written now must not turn reading into an error, and a
writer elsewhere must not make it wait. The stamp stays old, and so the next request
that uses the row tries again.
"""

from __future__ import annotations

import logging
from typing import Any

from django.db import DatabaseError, connection
from django.db.models import QuerySet

from rest.database_errors import database_trouble

logger = logging.getLogger(__name__)

MAX_WAIT = 0.05
"""Seconds that a stamp waits for another writer."""


def write_stamp(rows: QuerySet[Any], **values: Any) -> bool:
    """Update these rows if that is possible now; return whether a row was written."""
    database: Any = connection
    try:
        with database.waiting_at_most(MAX_WAIT):
            return bool(rows.update(**values))
    except DatabaseError as error:
        trouble = database_trouble(error)
        if trouble is None or not trouble.forbids_only_writes:
            raise
        logger.info("a stamp is written later: %s", trouble.detail)
        return False
