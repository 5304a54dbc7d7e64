"""The refusals that this API adds to REST framework's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rest_framework.exceptions import APIException, ValidationError

from shopping_list.services import items as item_service
from shopping_list.services import ordering, ownership


class ApiError(APIException):
    """A problem with members of its own, beyond its code and detail."""

    def __init__(self, detail: str | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.extra = extra


class DuplicateError(ApiError):
    """An item of that name is there already; `existing` is its id."""

    status_code = 409
    default_code = "duplicate"
    default_detail = "An item of that name is on the list already."


class IdInUse(ApiError):
    """Another row has the id that the client chose."""

    status_code = 409
    default_code = "id_taken"
    default_detail = "That id is taken; choose another one."


class LastOwnerError(ApiError):
    """A list would be left without an owner; `lists` has the id and the name of each."""

    status_code = 409
    default_code = "last_owner"
    default_detail = "The last owner cannot leave: make somebody else an owner first."


class CannotUndoError(ApiError):
    """A row moved on in a way that the undo would overwrite; `rows` has them."""

    status_code = 409
    default_code = "cannot_undo"
    default_detail = "That change cannot be undone any more."


class PreconditionFailedError(ApiError):
    """`If-Match` does not hold; `current` is the row as it is."""

    status_code = 412
    default_code = "precondition_failed"
    default_detail = "The row has changed since the version in If-Match."


class KeyReusedError(ApiError):
    """The Idempotency-Key was used for another request."""

    status_code = 422
    default_code = "idempotency_key_reused"
    default_detail = "Idempotency-Key: this key was already used for another request."


@contextmanager
def translate_domain_errors(line: int | None = None) -> Iterator[None]:
    """Turn what the parts below refuse into problems, which name the line of a bulk."""
    where: dict[str, Any] = {} if line is None else {"line": line}
    try:
        yield
    except item_service.DuplicateNameError as error:
        raise DuplicateError(existing=str(error.existing), **where) from error
    except item_service.IdInUseError as error:
        raise IdInUse(**where) from error
    except ownership.LastOwnerError as error:
        raise LastOwnerError(
            lists=[{"id": str(one.pk), "name": one.name} for one in error.lists]
        ) from error
    except ordering.NotOnListError as error:
        fields: dict[str, Any] = {"after": ["That item is not on this list."]}
        raise ValidationError(fields if line is None else {f"items.{line}": fields}) from error
