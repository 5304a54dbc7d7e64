"""Every address of the installation."""

from __future__ import annotations

from django.apps import apps
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from asgi_project.pages import shell

LISTS = {"entry": "src/lists.ts", "title": "Trolley"}
DASHBOARD = {"entry": "src/dashboard.ts", "title": "Trolley dashboard"}

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", include("accounts.urls")),
    path("api/", include("shopping_list.urls")),
    path("api/schema/", SpectacularAPIView.as_view(permission_classes=[]), name="schema"),
    path(
        "api/docs/",
        SpectacularSwaggerSplitView.as_view(template_name="api_docs.html", permission_classes=[]),
    ),
    path("admin/", admin.site.urls),
    path("", shell, LISTS),
    path("lists/<uuid:list_id>/", shell, LISTS),
    path("signin/", shell, LISTS),
    path("setup/", shell, LISTS),
    path("join/", shell, LISTS),
    path("account/", shell, LISTS),
    path("reset/", shell, LISTS),
    path("dashboard/", shell, DASHBOARD),
    path("favicon.ico", RedirectView.as_view(url="/static/icon.svg")),
]
if apps.is_installed("live"):
    urlpatterns.append(path("", include("live.urls")))

handler400 = "asgi_project.problems.bad_request"
handler403 = "asgi_project.problems.forbidden"
handler404 = "asgi_project.problems.not_found"
handler500 = "asgi_project.problems.failed"
