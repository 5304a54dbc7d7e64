"""Addresses of people, below /api/."""

from django.urls import path

from accounts import upgrading, views

urlpatterns = [
    path("auth/login/", views.Login.as_view(), name="login"),
    path("auth/logout/", views.Logout.as_view(), name="logout"),
    path("auth/register/", views.Register.as_view(), name="register"),
    path("auth/upgrade/", upgrading.Upgrade.as_view(), name="upgrade"),
    path("auth/me/", views.Me.as_view(), name="me"),
    path("api-token-auth/", views.ApiTokenAuth.as_view(), name="api-token-auth"),
]
