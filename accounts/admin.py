"""People and tokens in the admin. No secret can be seen or made here."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from accounts.models import ApiToken, User


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]
    """Django's own, with the name that others see."""

    list_display = ("username", "name", "email", "is_staff", "is_guest", "last_login")
    fieldsets = (*(UserAdmin.fieldsets or ()), ("Trolley", {"fields": ("name", "is_guest")}))


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """To see what is in use, and to revoke it."""

    list_display = ("name", "user", "scope", "created", "expiry", "last_used_at")
    list_filter = ("scope",)
    fields = ("name", "user", "scope", "list_id", "created", "expiry", "last_used_at")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: the secret could not be shown."""
        return False
