"""The URLs of users, sessions and tokens, below /api/."""

from django.urls import path

from accounts.api import (
    address,
    export,
    guest_upgrade,
    me,
    page_failures,
    password,
    sessions,
    sign_in,
    tokens,
)
from rest.converters import ID

urlpatterns = [
    path("auth/login/", sign_in.Login.as_view(), name="login"),
    path("auth/logout/", sign_in.Logout.as_view(), name="logout"),
    path("auth/register/", sign_in.Register.as_view(), name="register"),
    path("auth/upgrade/", guest_upgrade.Upgrade.as_view(), name="upgrade"),
    path("auth/me/", me.Me.as_view(), name="me"),
    path("auth/me/export/", export.ExportView.as_view(), name="export-me"),
    path("auth/password/", password.PasswordView.as_view(), name="password"),
    path("auth/reset/", password.ResetView.as_view(), name="reset"),
    path("auth/address/", address.AddressView.as_view(), name="address"),
    path("auth/sessions/", sessions.SessionsView.as_view(), name="sessions"),
    path(f"auth/sessions/<{ID}:session_id>/", sessions.SessionView.as_view(), name="session"),
    path("page-failures/", page_failures.PageFailuresView.as_view(), name="page-failures"),
    path("tokens/", tokens.TokensView.as_view(), name="tokens"),
    path(f"tokens/<{ID}:token_id>/", tokens.TokenView.as_view(), name="token"),
    path("api-token-auth/", sign_in.ApiTokenAuth.as_view(), name="api-token-auth"),
]
