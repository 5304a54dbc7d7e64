"""Users and tokens in the admin. It neither shows nor creates secrets."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from accounts.models import ApiToken, User


@admin.register(User)
class TrolleyUserAdmin(UserAdmin):  # type: ignore[type-arg]
    """Django's own, with the name that other users see."""

    list_display = ("username", "name", "email", "is_staff", "is_guest", "last_login")
    fieldsets = (*(UserAdmin.fieldsets or ()), ("Trolley", {"fields": ("name", "is_guest")}))


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The tokens in use, to read and to revoke."""

    list_display = ("name", "user", "scope", "created", "expiry", "last_used_at")
    list_filter = ("scope",)
    fields = ("name", "user", "scope", "list_id", "created", "expiry", "last_used_at")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: the secret of a new token could not be shown."""
        return False
