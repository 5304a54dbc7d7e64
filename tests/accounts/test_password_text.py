"""The normal form in which passwords are hashed and compared."""

import pytest

from accounts.password_text import normal_form, spellings


@pytest.mark.parametrize(
    ("typed", "otherwise"),
    [
        ("Käse-Brötchen-12", "Ka\u0308se-Bro\u0308tchen-12"),
        ("각하는 사람", "\u1100\u1161\u11a8\u1112\u1161\u1102\u1173\u11ab 사람"),
        ("tiếng Việt 12", "tie\u0302\u0301ng Vie\u0323\u0302t 12"),
        ("Ångström 100", "\u212bngstro\u0308m 100"),
        ("drei kleine Worte", "drei\u00a0kleine\u3000Worte"),
    ],
)
def test_spellings_of_one_password_have_one_normal_form(typed, otherwise):
    """SEC-24: case Q1."""
    assert typed != otherwise
    assert normal_form(typed) == normal_form(otherwise)


@pytest.mark.parametrize(
    ("password", "other"),
    [("ﬁnden und", "finden und"), ("zehn m²", "zehn m2"), ("\uff21BC", "ABC"), ("Wort", "wort")],
)
def test_characters_that_are_typed_differently_stay_different(password, other):
    assert normal_form(password) != normal_form(other)


def test_ascii_password_has_one_spelling_and_keeps_its_spaces():
    assert spellings(" two  spaces ") == [" two  spaces "]


def test_password_of_many_marks_is_not_composed():
    """SEC-28: that would stop every thread for seconds; the forms of the admin have no limit."""
    password = "a" + "\u0301\u0323" * 60_000
    assert spellings(password) == [password]
