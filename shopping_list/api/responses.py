"""What the REST API of lists sends, described for the OpenAPI document.

The rows are those of rows.py. The component of a struct is called by its name without
`Response` or `Row`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from rest.problems import ProblemResponse
from shopping_list.rows import ActivitySummary, ItemRow, ListRow, Moment, Role, Verb

LIST_VERSION_HEADER = "Trolley-Version"
"""The version of the list with a change whose response has no body."""

Outcome = Literal["added", "merged", "put_back"]
Detail = Literal["quantity", "note", "category", "shops"]
NotTaken = dict[str, str]
"""Texts of an added item, by field, that the item of its name did not take."""
Uri = Annotated[str, Meta(extra_json_schema={"format": "uri"})]


class PageResponse(Struct, kw_only=True):
    """One page, and the addresses of the pages around it."""

    count: int
    next: Uri | None
    previous: Uri | None


class ListResponse(ListRow, frozen=True, kw_only=True):
    """A list as one of its members sees it."""

    version: int
    epoch: str
    digest: str
    deleted_at: Moment | None
    role: Role
    items_open: int
    items_total: int


class ListPageResponse(PageResponse, kw_only=True):
    """A page of lists."""

    results: list[ListResponse]


class ListFieldsResponse(ListRow, frozen=True, kw_only=True):
    """A list's own fields, the same for every member."""


class SnapshotResponse(Struct, kw_only=True):
    """A whole list at one version. The position is that of the WebSocket protocol."""

    epoch: str
    version: int
    digest: str
    list: ListFieldsResponse
    items: tuple[ItemRow, ...]


class ChangeCountsResponse(Struct, kw_only=True):
    """How many changes a list had in each quarter of an hour, of the last 28 days.

    `quarters` has the Unix time of the start of each quarter with changes, in seconds, and
    `changes` their numbers. Changes before `counted_from` are not counted. The log begins with
    the change `begins_version` at `begins_at`; both are null if the list has no change.
    """

    epoch: str
    version: int
    begins_at: Moment | None
    begins_version: int | None
    counted_from: Moment
    quarters: list[int]
    changes: list[int]


class ItemPageResponse(PageResponse, kw_only=True):
    """A page of items."""

    results: list[ItemRow]


class ListNameResponse(Struct):
    """The id and the name of a list."""

    id: UUID
    name: str


class FoundItemResponse(ItemRow, frozen=True, kw_only=True):
    """An item that a search over all lists of the user found."""

    list: ListNameResponse


class FoundItemPageResponse(PageResponse, kw_only=True):
    """A page of items, each with its list."""

    results: list[FoundItemResponse]


class AddedItemResponse(ItemRow, frozen=True, kw_only=True):
    """An item that was added, or the existing item of its name.

    `changed` names the fields of the existing item that the add changed. `not_taken` has
    the texts that it did not take, by field.
    """

    outcome: Outcome
    changed: list[Detail]
    not_taken: NotTaken


class PutItemResponse(ItemRow, frozen=True, kw_only=True):
    """An item that was replaced, or, with `outcome`, the existing item of the same name."""

    outcome: Outcome | UnsetType = UNSET
    changed: list[Detail] | UnsetType = UNSET
    not_taken: NotTaken | UnsetType = UNSET


class BulkResultResponse(Struct, kw_only=True):
    """The result of one line. A `conflict` changed nothing; `reason` says why."""

    outcome: Literal["added", "merged", "put_back", "conflict"]
    changed: list[Detail]
    not_taken: NotTaken
    reason: str | UnsetType = UNSET
    item: ItemRow


class BulkResponse(Struct):
    """The result of every line, and the version of the list after the change."""

    version: int
    results: list[BulkResultResponse]


class SelectionResponse(Struct):
    """The version of the list, and the ids of the items that changed."""

    version: int
    items: list[UUID]


class MoveResponse(SelectionResponse, kw_only=True):
    """The version of the list, and the ids of the items that changed or went to another list.

    `other` says what happened on that list.
    """

    other: BulkResponse | UnsetType = UNSET


class ActorResponse(Struct):
    """The user who made a change; the id is null if the account was deleted."""

    id: int | None
    name: str


class ChangeEntryResponse(Struct, kw_only=True):
    """One row of a change; one of `item`, `list` and `member` identifies it."""

    item: UUID | UnsetType = UNSET
    list: UUID | UnsetType = UNSET
    member: int | UnsetType = UNSET
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class ActivityResponse(Struct, kw_only=True):
    """One recorded change; `changes` has its rows, if the request asked for them.

    They are null for a change of more than 200 items.
    """

    version: int
    digest: str
    at: Moment
    verb: Verb
    actor: ActorResponse | None
    op: UUID | None
    summary: ActivitySummary
    changes: list[ChangeEntryResponse] | UnsetType | None = UNSET
    undoes: int | None
    undone_by: int | None


class ActivityPageResponse(Struct):
    """Recorded changes, newest first, and the addresses of the pages around them."""

    next: Uri | None
    previous: Uri | None
    results: list[ActivityResponse]


class ActivitiesSinceResponse(Struct):
    """The changes after a version, oldest first; `more` says whether others follow.

    `base` is the digest of the list at that version, null if the log does not have it.
    """

    epoch: str
    base: str | None
    more: bool
    results: list[ActivityResponse]


class SuggestionResponse(Struct):
    """A name that was used before, and its state on the requested list.

    `quantity`, `category` and `list` are those of its last row. `times` is how often it was put on
    a list, `times_bought` how often it was bought, and `purchases` are the newest of these times.
    """

    name: str
    quantity: str
    category: str
    list: UUID
    times: int
    last_used: Moment
    times_bought: int
    purchases: tuple[Moment, ...]
    state: Literal["open", "bought"] | None
    item: UUID | None


class SuggestionsResponse(Struct):
    """Names that were used before, the most likely first."""

    results: list[SuggestionResponse]


class ForgottenNameResponse(Struct):
    """A name that is not suggested to the user any more."""

    name: str
    forgotten_at: Moment


class ForgottenNamesResponse(Struct):
    """The names that are not suggested to the user, the newest first."""

    results: list[ForgottenNameResponse]


class BlockingRowResponse(Struct, kw_only=True):
    """A row that prevents an undo; one of `item` and `list` identifies it."""

    item: UUID | UnsetType = UNSET
    list: UUID | UnsetType = UNSET
    name: str
    reason: str


class OwnerlessListResponse(Struct):
    """A list that would have no owner."""

    id: UUID
    name: str


class ConflictResponse(ProblemResponse, kw_only=True):
    """A conflict with the current state.

    `existing` is the item that has the name, `field` the field of it that is too short,
    `line` the line of a bulk request, `rows` prevent an undo, and `lists` would have no
    owner.
    """

    existing: UUID | UnsetType = UNSET
    field: str | UnsetType = UNSET
    line: int | UnsetType = UNSET
    rows: list[BlockingRowResponse] | UnsetType = UNSET
    lists: list[OwnerlessListResponse] | UnsetType = UNSET


class StaleListResponse(ProblemResponse, kw_only=True):
    """`If-Match` does not match; `current` is the list as it is now."""

    current: ListResponse | None


class ItemConflictResponse(ProblemResponse, kw_only=True):
    """`If-Match` does not match; `current` is the item as it is now."""

    current: ItemRow | None
