"""Lists, items and the log in the admin. Every save here is recorded like any edit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from rest import text
from shopping_list import models
from shopping_list.parsing import item_names
from shopping_list.recording import context
from shopping_list.recording.querysets import ListQuerySet


def _clean_field(name: str) -> Callable[[Any], str]:
    def clean(form: Any) -> str:
        try:
            cleaned = text.clean_text(form.cleaned_data[name])
        except text.InvalidTextError as error:
            raise ValidationError(str(error)) from error
        if not cleaned and form.fields[name].required:
            raise ValidationError(form.fields[name].error_messages["required"])
        return cleaned

    return clean


class ListForm(forms.ModelForm):  # type: ignore[type-arg]
    """A list, with the text rules of the API."""

    clean_name = _clean_field("name")


class ItemForm(forms.ModelForm):  # type: ignore[type-arg]
    """An item, with the text rules of the API, and a name that no other open item has."""

    clean_name = _clean_field("name")
    clean_quantity = _clean_field("quantity")
    clean_note = _clean_field("note")
    clean_category = _clean_field("category")

    def clean(self) -> dict[str, Any]:
        """Reject a second open item of one name."""
        cleaned = super().clean() or {}
        shopping_list, name = cleaned.get("shopping_list"), cleaned.get("name")
        if shopping_list and name and not cleaned.get("purchased"):
            same_name = models.ShoppingItem.objects.filter(
                shopping_list_id=shopping_list.pk,
                name_key=item_names.comparison_key(name),
                purchased=False,
            )
            if same_name.exclude(pk=self.instance.pk).exists():
                self.add_error("name", "An open item of that name is on the list.")
        return cleaned


class ItemFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    """The items of one list. No two open ones may have the same name."""

    def clean(self) -> None:
        """Reject two open items of one name in one form."""
        super().clean()
        keys: set[str] = set()
        for form in self.forms:
            fields = form.cleaned_data if form.is_valid() else {}
            if not fields.get("name") or fields.get("DELETE") or fields.get("purchased"):
                continue
            key = item_names.comparison_key(fields["name"])
            if key in keys:
                raise ValidationError("Two open items have the same name.")
            keys.add(key)


class RecordedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Records everything that one form saves as one change of each list."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Save the form with its inlines inside one recording."""
        if request.method != "POST":
            return super().changeform_view(request, *args, **kwargs)
        with context.recording():
            return super().changeform_view(request, *args, **kwargs)


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]
    """The members of a list."""

    model = models.Membership
    fields = ("user", "role")
    autocomplete_fields = ("user",)
    extra = 0


class ItemInline(admin.TabularInline):  # type: ignore[type-arg]
    """The items of a list."""

    model = models.ShoppingItem
    form = ItemForm
    formset = ItemFormSet
    fields = ("name", "quantity", "note", "category", "purchased")
    ordering = ("purchased", "position", "id")
    extra = 0


@admin.register(models.ShoppingList)
class ListAdmin(RecordedAdmin):
    """All lists, also those in the trash."""

    form = ListForm
    list_display = ("name", "open_items", "member_count", "version", "last_interaction", "in_trash")
    list_filter = (("deleted_at", admin.EmptyFieldListFilter),)
    search_fields = ("name", "members__username", "members__name")
    ordering = ("-last_interaction",)
    fields = ("name", "created_by", "id", "epoch", "version", "created_at", "last_interaction")
    readonly_fields = ("id", "epoch", "version", "created_at", "last_interaction")
    autocomplete_fields = ("created_by",)
    inlines = (MembershipInline, ItemInline)
    actions = ("put_in_trash", "restore")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Annotate each list with the number of its open items and members."""
        open_items = Count("items", filter=Q(items__purchased=False), distinct=True)
        members = Count("memberships", distinct=True)
        lists = super().get_queryset(request).annotate(_open=open_items, _members=members)
        return cast("QuerySet[Any]", lists)

    @admin.display(description="open items", ordering="_open")
    def open_items(self, obj: Any) -> int:
        """Return the number of open items."""
        return int(obj._open)

    @admin.display(description="members", ordering="_members")
    def member_count(self, obj: Any) -> int:
        """Return the number of members."""
        return int(obj._members)

    @admin.display(description="in the trash", boolean=True, ordering="deleted_at")
    def in_trash(self, obj: models.ShoppingList) -> bool:
        """Tell whether the list is deleted and can be restored."""
        return obj.deleted_at is not None

    @admin.action(description="Put selected lists in the trash", permissions=["change"])
    def put_in_trash(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete lists like their owners do."""
        lists = self._without_annotations(queryset).filter(deleted_at=None)
        count = lists.update(deleted_at=timezone.now())
        self.message_user(request, f"{count} put in the trash.")

    @admin.action(description="Restore selected lists", permissions=["change"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Restore lists from the trash."""
        lists = self._without_annotations(queryset).exclude(deleted_at=None)
        count = lists.update(deleted_at=None)
        self.message_user(request, f"{count} restored.")

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete lists for good, as one change of each."""
        self._without_annotations(queryset).delete()

    def _without_annotations(self, queryset: QuerySet[Any]) -> ListQuerySet:
        ids = list(queryset.values_list("pk", flat=True))
        lists: ListQuerySet = models.ShoppingList.objects.filter(pk__in=ids)
        return lists


@admin.register(models.ShoppingItem)
class ItemAdmin(RecordedAdmin):
    """Items of every list."""

    form = ItemForm
    list_display = ("name", "quantity", "shopping_list", "purchased", "purchased_by", "updated_at")
    list_filter = ("purchased",)
    list_select_related = ("shopping_list", "purchased_by")
    search_fields = ("name", "shopping_list__name")
    ordering = ("-updated_at",)
    fields = (
        *("shopping_list", "name", "quantity", "note", "category", "purchased"),
        *("purchased_at", "purchased_by", "created_by", "created_at", "updated_at", "version"),
    )
    readonly_fields = (
        *("purchased_at", "purchased_by", "created_by", "created_at", "updated_at", "version"),
    )
    autocomplete_fields = ("shopping_list",)


@admin.register(models.Activity)
class ActivityAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The log, read-only."""

    list_display = ("at", "verb", "list_id", "version", "actor_name")
    list_filter = ("verb",)
    search_fields = ("list_id", "actor_name", "operation_id")
    date_hierarchy = "at"
    ordering = ("-id",)
    fields = (
        "at",
        "verb",
        "list_id",
        "epoch",
        "version",
        "actor",
        "actor_name",
        "operation_id",
        "undoes",
    )
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: only recording writes the log."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: only recording writes the log."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: clients cannot resume from a log with a gap."""
        return False
