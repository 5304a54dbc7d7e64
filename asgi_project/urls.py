"""All URLs of the installation."""

from __future__ import annotations

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularSwaggerSplitView

from asgi_project.api_document import SchemaView
from asgi_project.views import LINK_PAGES, app_shell, encoded_fragment
from asgi_project.webmanifest import webmanifest
from rest.compression import compressed
from rest.converters import ID

LISTS = {"page": "lists"}
WALL = {"page": "wall"}
DASHBOARD = {"page": "dashboard"}

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", include("accounts.urls")),
    path("api/", include("shopping_list.urls")),
    path(
        "api/schema/",
        compressed(SchemaView.as_view()),
        name="schema",
    ),
    path(
        "api/docs/",
        SpectacularSwaggerSplitView.as_view(template_name="api_docs.html", permission_classes=[]),
    ),
    path("admin/", admin.site.urls),
    path("", app_shell, {**LISTS, "part": "src/ui/lists/ListsPage.svelte"}),
    path(f"lists/<{ID}:list_id>/", app_shell, {**LISTS, "part": "src/ui/lists/ListPage.svelte"}),
    path("signin/", app_shell, LISTS),
    path("setup/", app_shell, LISTS),
    path("join/", app_shell, LISTS),
    path("account/", app_shell, LISTS),
    path("reset/", app_shell, LISTS),
    path("share/", app_shell, LISTS),
    path("manifest.webmanifest", webmanifest, name="webmanifest"),
    path("wall/", app_shell, WALL),
    *(
        path(f"{page}{separator}<path:secret>", encoded_fragment, {"page": page})
        for page in LINK_PAGES
        for separator in ("/#", "#", "/%23", "%23")
    ),
    path("dashboard/", app_shell, DASHBOARD),
    path("dashboard/delivery/", app_shell, DASHBOARD),
    path("dashboard/signals/", app_shell, DASHBOARD),
    path("dashboard/requests/", app_shell, DASHBOARD),
    path("dashboard/lists/", app_shell, DASHBOARD),
    path("dashboard/machine/", app_shell, DASHBOARD),
    path("dashboard/doctor/", app_shell, DASHBOARD),
    path("favicon.ico", RedirectView.as_view(url="/static/icon.svg")),
]
if settings.DEMO_CONTROL:
    from asgi_project.demo.views import DrillView

    urlpatterns.append(path("api/demo/", DrillView.as_view()))
if apps.is_installed("live"):
    urlpatterns.append(path("", include("live.urls")))

handler400 = "asgi_project.error_handlers.bad_request"
handler403 = "asgi_project.error_handlers.forbidden"
handler404 = "asgi_project.error_handlers.not_found"
handler500 = "asgi_project.error_handlers.server_error"
