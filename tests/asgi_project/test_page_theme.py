"""The colours of a page, and whether it says that nobody is signed in."""

import pytest
from django.db import OperationalError

from accounts.models import User

HINT = '<meta name="trolley-session" content="none">'


def shell(client, path="/", *, theme=None):
    if theme is not None:
        client.cookies["trolley_theme"] = theme
    return client.get(path).content.decode()


@pytest.mark.parametrize("path", ["/", "/signin/", "/dashboard/", "/wall/"])
@pytest.mark.parametrize(
    ("theme", "background"), [("dark", "#101412"), ("light", "#f5f7f5")], ids=["dark", "light"]
)
def test_page_has_the_chosen_theme(client, path, theme, background):
    """PAG-17"""
    html = shell(client, path, theme=theme)
    assert f'data-theme="{theme}"' in html
    assert f'<meta name="color-scheme" content="{theme}">' in html
    assert html.count(f'content="{background}"') == 2


@pytest.mark.parametrize("theme", [None, "", "blue", '"><script>'])
def test_page_has_the_theme_of_the_system_without_a_choice(client, theme):
    """PAG-17, SEC-8: any other value of the cookie is ignored."""
    html = shell(client, theme=theme)
    assert "data-theme" not in html
    assert '<meta name="color-scheme" content="light dark">' in html
    assert html.count('content="#101412"') == html.count('content="#f5f7f5"') == 1


@pytest.mark.django_db
def test_page_says_that_nobody_is_signed_in(client):
    """PAG-18"""
    assert HINT in shell(client)
    client.force_login(User.objects.create_user("ana"))
    assert HINT not in shell(client)


@pytest.mark.django_db
def test_page_says_nothing_about_the_session_while_the_database_fails(client, monkeypatch):
    """PAG-18"""
    client.force_login(User.objects.create_user("ana"))

    def fail(*_args, **_options):
        raise OperationalError

    monkeypatch.setattr("accounts.sessions.SessionStore.load", fail)
    assert HINT not in shell(client)
