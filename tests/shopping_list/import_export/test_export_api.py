"""Exporting a list over REST: formats, headers, and round trips through an import."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shopping_list.import_export.filename import filename
from shopping_list.import_export.formats import FORMATS
from shopping_list.models import Membership, ShoppingItem
from tests.shopping_list.import_export.conftest import (
    COLUMNS,
    export_content,
    fill_with_special_items,
    import_content,
    list_url,
    rows_of,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", FORMATS)
def test_export_is_sent_as_a_download(groceries, ana, bob, ana_client, name):
    """TRF-12"""
    fill_with_special_items(groceries, ana, bob)
    response = ana_client.get(list_url(groceries, "export"), {"format": name})
    assert response["Content-Type"] == FORMATS[name].content_type
    extension = FORMATS[name].extension
    assert response["Content-Disposition"] == f'attachment; filename="Groceries.{extension}"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "no-store"
    assert response["Content-Security-Policy"].startswith("default-src 'none'")
    assert response.content.startswith(b"\xef\xbb\xbf") == (name == "csv")


def test_export_format_defaults_to_json(groceries, ana_client):
    """TRF-12"""
    for accepted in ("text/csv", "text/html", "*/*"):
        response = ana_client.get(list_url(groceries, "export"), headers={"Accept": accepted})
        assert response["Content-Type"] == "application/json"
    response = ana_client.get(list_url(groceries, "export"), {"format": "xml"})
    assert (response.status_code, list(response.json()["errors"])) == (400, ["format"])
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Groceries", "Groceries.csv"),
        ("K\u00e4se & Wurst", "K\u00e4se & Wurst.csv"),
        ('a"; filename="b.exe', "a-- filename=-b.exe.csv"),
        ("../../etc/passwd", "etc-passwd.csv"),
        ("a\r\nSet-Cookie: x=1", "a--Set-Cookie- x=1.csv"),
        ("\u202egnp.exe", "gnp.exe.csv"),
        ("\ud800\0", "list.csv"),
        ("...", "list.csv"),
        ("\u725b\u5976", "\u725b\u5976.csv"),
        ("x" * 200, "x" * 100 + ".csv"),
        ("100%`$x`", "100---x.csv"),
    ],
)
def test_list_name_cannot_inject_into_the_content_disposition_header(
    groceries, ana_client, title, expected
):
    """TRF-12"""
    assert filename(title, "csv") == expected
    groceries.name = title.replace("\ud800", "").replace("\0", "")
    groceries.save()
    response = ana_client.get(list_url(groceries, "export"), {"format": "csv"})
    disposition = response["Content-Disposition"]
    if expected.isascii():
        assert disposition == f'attachment; filename="{expected}"'
    else:
        assert unquote(disposition) == f"attachment; filename*=utf-8''{expected}"
        assert disposition.isascii()


@pytest.mark.parametrize("name", ["json", "csv"])
def test_exported_json_and_csv_can_be_imported_unchanged(
    groceries, hardware, bob, ana_client, name
):
    """TRF-1, TRF-9: including the names of users who are members of both lists."""
    Membership.objects.create(shopping_list=hardware, user=bob)
    fill_with_special_items(groceries, groceries.created_by, bob)
    content = export_content(ana_client, groceries, name)
    assert import_content(ana_client, hardware, name, content).status_code == 200
    assert rows_of(hardware) == rows_of(groceries)


def test_exported_markdown_can_be_imported_unchanged(groceries, hardware, ana, bob, ana_client):
    """TRF-1"""
    fill_with_special_items(groceries, ana, bob)
    response = import_content(
        ana_client, hardware, "markdown", export_content(ana_client, groceries, "markdown")
    )
    assert response.status_code == 200
    assert sorted(rows_of(hardware, *COLUMNS[:5])) == sorted(rows_of(groceries, *COLUMNS[:5]))


def test_export_query_count_does_not_depend_on_the_number_of_items(groceries, ana, ana_client):
    """TRF-10"""

    def count_queries():
        with CaptureQueriesContext(connection) as captured:
            export_content(ana_client, groceries)
        return len(captured)

    query_count = count_queries()
    ShoppingItem.objects.bulk_create(
        ShoppingItem(shopping_list=groceries, name=f"{n}") for n in range(300)
    )
    assert count_queries() == query_count
