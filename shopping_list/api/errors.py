"""The status and the code of every error with which this app refuses a request."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rest_framework.exceptions import ValidationError

from rest.errors import DomainError
from rest.idempotency import KeyReusedError
from shopping_list.ceilings import TooManyItemsError, TooManyListsError, TooManyMembersError
from shopping_list.services.invites import (
    AccountRequiredError,
    InvalidInviteError,
    TooManyInvitesError,
)
from shopping_list.services.items import DuplicateNameError, IdInUseError, MergeConflictError
from shopping_list.services.list_undo import NotUndoableError
from shopping_list.services.ordering import NotOnListError
from shopping_list.services.ownership import LastOwnerError
from shopping_list.services.past_versions import NotInLogError
from shopping_list.services.put_back import NothingToPutBackError
from shopping_list.services.undo import UndoConflictError


class PreconditionFailedError(DomainError):
    """`If-Match` does not match; `current` is the row as it is now, None if there is none."""

    message = "The row has changed since the version in If-Match."

    def __init__(self, current: Mapping[str, Any] | None) -> None:
        super().__init__()
        self.current = current


ERRORS: Mapping[type[DomainError], tuple[int, str]] = {
    AccountRequiredError: (403, "guest"),
    DuplicateNameError: (409, "duplicate"),
    IdInUseError: (409, "id_taken"),
    InvalidInviteError: (404, "not_found"),
    KeyReusedError: (422, "idempotency_key_reused"),
    LastOwnerError: (409, "last_owner"),
    MergeConflictError: (409, "merge_conflict"),
    NotInLogError: (404, "not_in_log"),
    NothingToPutBackError: (409, "nothing_to_put_back"),
    NotUndoableError: (409, "cannot_undo"),
    PreconditionFailedError: (412, "precondition_failed"),
    TooManyInvitesError: (409, "too_many_invites"),
    TooManyItemsError: (409, "too_many_items"),
    TooManyListsError: (409, "too_many_lists"),
    TooManyMembersError: (409, "too_many_members"),
    UndoConflictError: (409, "cannot_undo"),
}
MEMBERS: Mapping[type[DomainError], Callable[[Any], dict[str, Any]]] = {
    DuplicateNameError: lambda error: {"existing": str(error.existing)},
    IdInUseError: lambda error: {} if error.line is None else {"line": error.line},
    LastOwnerError: lambda error: {
        "lists": [{"id": str(each.pk), "name": each.name} for each in error.lists]
    },
    MergeConflictError: lambda error: {"existing": str(error.existing), "field": error.field},
    NotInLogError: lambda error: {"begins_at": error.begins_at},
    PreconditionFailedError: lambda error: {"current": error.current},
    UndoConflictError: lambda error: {"rows": error.rows},
}
"""What the problems say beyond status, code and detail."""


@contextmanager
def numbered_line(line: int) -> Iterator[None]:
    """Add the number of the line in a bulk request to an error of that line."""
    try:
        yield
    except IdInUseError as error:
        error.line = line
        raise
    except NotOnListError as error:
        raise ValidationError({f"items.{line}": error.message_dict}) from error
