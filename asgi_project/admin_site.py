"""The admin, closed to people who are signed in and no staff."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse


class TrolleyAdminConfig(AdminConfig):
    """Django's admin with a site of ours."""

    default_site = "asgi_project.admin_site.StaffAdminSite"


class StaffAdminSite(AdminSite):
    """Sends strangers to its sign-in, as Django does, but members nowhere: 403."""

    site_header = site_title = "Trolley"

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Return the view for staff alone."""
        for_staff: Any = super().admin_view(view, cacheable)

        @wraps(for_staff)
        def closed(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            self._forbid_non_staff(request)
            return for_staff(request, *args, **kwargs)

        return closed

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the sign-in to strangers."""
        self._forbid_non_staff(request)
        return super().login(request, extra_context)

    def _forbid_non_staff(self, request: HttpRequest) -> None:
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied
