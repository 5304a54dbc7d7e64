"""The HTTP URLs of the live package, from the root."""

from __future__ import annotations

from django.urls import path

from live import views
from live.doctor.views import ConnectionView
from rest.compression import compressed
from rest.converters import ID

urlpatterns = [
    path("healthz", views.healthz),
    path("readyz", views.readyz),
    path("metrics", views.MetricsView.as_view(), name="metrics"),
    path("ws/", views.upgrade_required),
    path(f"ws/lists/<{ID}:list_id>/", views.upgrade_required),
    path("api/live/requests/", views.RequestsView.as_view()),
    path("api/live/connection/", ConnectionView.as_view(), name="connection"),
    path("api/live/alerts/test/", views.AlertTestView.as_view()),
    path("api/live/sockets/<slug:connection>/", views.SocketView.as_view()),
    path("api/live/asyncapi.json", compressed(views.AsyncApiView.as_view()), name="asyncapi"),
]
