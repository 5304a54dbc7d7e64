"""The admin site, with 403 for signed-in users who are not staff."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect


class TrolleyAdminConfig(AdminConfig):
    """Django's admin with StaffAdminSite as its site."""

    default_site = "asgi_project.admin_site.StaffAdminSite"


class StaffAdminSite(AdminSite):
    """Shows anonymous users the sign-in page, as Django does, and all but staff a 403."""

    site_header = site_title = "Trolley"

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Wrap a view so that only staff can open it."""
        staff_view: Any = super().admin_view(view, cacheable)

        @wraps(staff_view)
        def guarded_view(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            self._forbid_non_staff(request)
            return staff_view(request, *args, **kwargs)

        return guarded_view

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the sign-in page to anonymous users."""
        self._forbid_non_staff(request)
        return super().login(request, extra_context)

    def catch_all_view(self, request: HttpRequest, url: str) -> HttpResponsePermanentRedirect:
        """Redirect to the address with the last slash; the method stays. Raises Http404."""
        redirect = super().catch_all_view(request, url)
        return HttpResponsePermanentRedirect(redirect["Location"], preserve_request=True)

    def _forbid_non_staff(self, request: HttpRequest) -> None:
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied
