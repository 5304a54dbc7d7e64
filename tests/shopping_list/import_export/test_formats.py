"""Every format: what is written reads back, and what cannot be read is named."""

import csv
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopping_list.import_export import json_format
from shopping_list.import_export.formats import FORMATS, lines_of
from shopping_list.import_export.parsed_lines import (
    LIMITS,
    MAX_ERRORS,
    MAX_LINES,
    InvalidContentError,
    ParsedItem,
)
from shopping_list.models import ShoppingItem
from tests.support.row_strategies import (
    FORMULAS,
    MARKUP,
    XSS,
    again,
    item,
    item_rows,
    list_row,
    nothing,
    read,
    texts,
)


def errors_of(name, content, known=nothing):
    with pytest.raises(InvalidContentError) as refused:
        lines_of(name, content, known)
    return refused.value.errors


def lines_or_none(name, content):
    try:
        return lines_of(name, content, nothing)
    except InvalidContentError as refused:
        return None if refused.errors else pytest.fail("without a reason")


def everything(row):
    return ParsedItem(
        **{name: getattr(row, name) for name in LIMITS},
        purchased=row.purchased,
        purchased_at=row.purchased_at,
        purchased_by=row.purchased_by and row.purchased_by.name,
        created_at=row.created_at,
        created_by=row.created_by and row.created_by.name,
    )


def main_fields(found):
    return (found.name, found.quantity, found.note, found.category, found.purchased)


unhurried = settings(deadline=None)
rows = st.lists(item_rows(), max_size=4)


def test_the_limits_are_those_of_an_item():
    """TRF-3"""
    fields = {field.name: field.max_length for field in ShoppingItem._meta.concrete_fields}
    assert {name: fields[name] for name in LIMITS} == LIMITS


# there and back


@pytest.mark.parametrize("name", ["json", "csv"])
@unhurried
@given(rows)
def test_json_and_csv_carry_everything(name, found):
    """TRF-1"""
    assert again(name, found) == [everything(row) for row in found]


@unhurried
@given(rows)
def test_markdown_carries_what_a_list_shows(found):
    """TRF-1: in the order of the categories, and in theirs the order of the list."""
    categories = dict.fromkeys(["", *(row.category for row in found)])
    ordered = [row for name in categories for row in found if row.category == name]
    assert list(map(main_fields, again("markdown", found))) == list(map(main_fields, ordered))


@unhurried
@given(rows)
def test_text_carries_the_names_of_what_is_open(found):
    """TRF-1"""
    assert [wanted.name for wanted in again("text", found)] == [
        row.name for row in found if not row.purchased
    ]


@pytest.mark.parametrize("name", FORMATS)
def test_a_nasty_name_comes_back(name):
    """TRF-1, TRF-5"""
    failures = []
    for text in (*XSS, *FORMULAS, *MARKUP):
        row = item(text.strip("\u00a0").replace("e\u0301", "\u00e9"), quantity="2 l", note="a, b")
        lines = [(line.name, line.quantity, line.note) for line in again(name, [row])]
        if lines != [(row.name, "2 l", "a, b")]:
            failures.append((text, lines))
    assert failures == []


def test_a_name_that_another_item_is_known_by_comes_back():
    """TRF-1: `7 Up` is a name here, and seven of Up over there."""
    rows = [item("7 Up"), item("Up", quantity="7", note="one")]
    for name in FORMATS:
        for known in (nothing, {"7 up"}.__contains__):
            found = lines_of(name, FORMATS[name].write(list_row(), rows), known)
            assert [line.wanted.name for line in found] == ["7 Up", "Up"]
            assert [line.wanted.quantity for line in found] == ["", "7"]


# json


def test_json_says_what_it_is():
    """TRF-1"""
    written = json.loads(FORMATS["json"].write(list_row(), [item("Milk")]))
    assert (written["format"], written["version"]) == ("trolley", json_format.VERSION)
    assert written["list"]["members"] == [
        {"name": "Ana", "role": "owner"},
        {"name": "Bob", "role": "editor"},
    ]
    assert written["list"]["items"][0]["created_by"] == "Ana"


def test_a_later_format_is_refused():
    """TRF-6"""
    [said] = errors_of("json", '{"format": "trolley", "version": 2, "novelty": 1}')
    assert said == (
        "A newer Trolley wrote this (format version 2, and this one reads up to 1): "
        "update this one first."
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "line 1: Input data was truncated"),
        ("{\n\n,}", "line 3: JSON is malformed"),
        ('{"format": "\\ud800 and more"}', "line 1: JSON is malformed"),
        ('{"x":' + "[" * 100_000, "This is no JSON."),
        ("[]", "Expected object, got array"),
        ("{}", 'This is no export of Trolley: "format" is not "trolley".'),
        ('{"format": "trolley", "version": "1"}', "Expected int, got str - at version"),
        ('{"format": "trolley", "version": 1}', 'It must have either "list" or "lists".'),
        ('{"format": "trolley", "version": 1, "x": 1}', "Object contains unknown field x"),
        ('{"format": "trolley", "version": 1, "lists": []}', "This holds many lists"),
        ('{"format": "trolley", "version": 1, "list": {"name": "a"}}', "Object missing required"),
    ],
)
def test_json_that_is_no_export_is_refused(content, said):
    """TRF-4"""
    [error] = errors_of("json", content)
    assert error.startswith(said)


def test_every_item_of_json_that_is_wrong_is_named():
    """TRF-4"""
    items = [
        {"name": "Milk"},
        {"name": 1},
        {"name": "x", "nmae": "y"},
        {"quantity": "2"},
        {"name": "x", "created_at": "2026-01-01T00:00:00"},
        {"name": "x", "purchased": 1},
        {"name": "x", "created_at": "0001-01-01T00:00:00+14:00"},
        {"name": "x" * 201},
        {"name": " "},
        "Milk",
    ]
    content = {"format": "trolley", "version": 1, "list": {"name": "x", "items": items}}
    assert errors_of("json", json.dumps(content)) == [
        "item 2: Expected str, got int - at name",
        "item 3: Object contains unknown field nmae",
        "item 4: Object missing required field name",
        "item 5: created_at: The offset from UTC is missing.",
        "item 6: Expected bool, got int - at purchased",
        "item 7: created_at: Out of range.",
        "item 8: name: At most 200 characters.",
        "item 9: name: May not be blank.",
        "item 10: Expected object, got str",
    ]


@unhurried
@given(st.lists(st.tuples(texts(200, blank=False), rows), max_size=4))
def test_everything_comes_back_list_by_list(lists):
    """TRF-1"""
    content = json_format.write_all([(list_row(name), items) for name, items in lists])
    found = json_format.read_all(content)
    assert [one.name for one in found] == [name for name, _ in lists]
    for one, (_, items) in zip(found, lists, strict=True):
        assert [line.wanted for line in one.lines] == [everything(row) for row in items]


def test_errors_in_many_lists_name_the_list():
    """TRF-4"""
    lists = [{"name": "a", "items": []}, {"name": "b", "items": [{"name": ""}]}]
    with pytest.raises(InvalidContentError) as refused:
        json_format.read_all(json.dumps({"format": "trolley", "version": 1, "lists": lists}))
    assert refused.value.errors == ["list 2, item 1: name: May not be blank."]
    lists[0]["name"] = "\u202ea"
    with pytest.raises(InvalidContentError) as refused:
        json_format.read_all(json.dumps({"format": "trolley", "version": 1, "lists": lists}))
    assert refused.value.errors[0].startswith("list 1: name: Characters that override")


# csv


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_is_a_formula(text):
    """TRF-5, SEC-17"""
    row = item(text, quantity=text, note=text, category=text)
    written = FORMATS["csv"].write(list_row(), [row])
    for cell in list(csv.reader(io.StringIO(written, newline="")))[1][:4]:
        assert cell[0] not in "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
    assert read("csv", written) == [everything(row)]


@unhurried
@given(rows)
def test_csv_is_what_every_reader_of_csv_reads(found):
    """TRF-5"""
    table = list(csv.reader(io.StringIO(FORMATS["csv"].write(list_row(), found), newline="")))
    assert table[0][:5] == ["name", "quantity", "note", "category", "purchased"]
    assert {len(row) for row in table} == {9}
    assert [row[0].lstrip("'") for row in table[1:]] == [row.name.lstrip("'") for row in found]


def test_csv_of_a_spreadsheet_is_read():
    """TRF-2: a mark of the byte order, semicolons, capitals, gaps."""
    content = "\ufeffName;Quantity;PURCHASED\r\nMilk;2 l;yes\r\n\r\nBread\r\n;;\r\n"
    found = read("csv", content)
    assert [(one.name, one.quantity, one.purchased) for one in found] == [
        ("Milk", "2 l", True),
        ("Bread", "", False),
    ]
    assert read("csv", "name\n2 l milk\n")[0].name == "2 l milk"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", ["line 1: The header must have name, and may have: name, quantity"]),
        ("quantity\n2", ["line 1: The header must have name"]),
        ("name,price\nMilk,2", ["line 1: Column 'price' is unknown: name, quantity"]),
        ("name,name\nMilk,2", ["line 1: Column 'name' is twice"]),
        ("name\nMilk,2", ["line 2: More cells than the header has."]),
        ('name\n"Milk', ["line 2: This is no CSV: unexpected end of data."]),
        ('name\n"Mi"lk', ["line 2: This is no CSV: "]),
        ("name,purchased\nMilk,perhaps", ["line 2: purchased: Must be true or false."]),
        ("name,created_at\nMilk,today", ["line 2: created_at: Must be like 2026-"]),
        ('name,note\n"a","b\nc"\nMilk,"\u202e"', ["line 2: note: Control", "line 4: note: Char"]),
        ("name,note\n,x", ["line 2: name: May not be blank."]),
        (f"name\n{'x' * 200_000}", ["line 2: This is no CSV: field larger than"]),
    ],
)
def test_csv_that_cannot_be_read_is_refused_by_line(content, said):
    """TRF-4"""
    errors = errors_of("csv", content)
    assert len(errors) == len(said)
    for error, beginning in zip(errors, said, strict=True):
        assert error.startswith(beginning)


# markdown


def test_markdown_reads_as_one_writes_it():
    """TRF-1"""
    rows = [
        item("milk", quantity="2 l", category="Dairy"),
        item("bread", purchased=True),
        item("21 Seasoning Salute", category="Spices", note="the *small* one"),
        item("butter", category="Dairy", note="unsalted"),
    ]
    assert FORMATS["markdown"].write(list_row("C# <b>"), rows) == (
        "# C\\# \\<b\\>\n"
        "\n"
        "- [x] bread\n"
        "\n"
        "## Dairy\n"
        "\n"
        "- [ ] 2 l milk\n"
        "- [ ] butter, unsalted\n"
        "\n"
        "## Spices\n"
        "\n"
        "- [ ] **21 Seasoning Salute**, the \\*small\\* one\n"
    )


def test_markdown_of_others_is_read():
    """TRF-2: bullets, numbers, nesting, notes below, bold headings and names."""
    content = (
        "# Weekend\r\n\r\n* eggs 2x\r\n+ [X] bread\r\n---\r\n"
        "**Produce:**\r\n1. 500 g tomatoes, ripe\r\n"
        "   - [ ] basil\r\n     fresh\r\n\r\n     from the *market*\r\n"
        "### Cold ###\r\n- **Milk** \u2013 the 1\\. one\r\n- 2 l **7 Up**\r\n"
    )
    assert list(map(main_fields, read("markdown", content))) == [
        ("eggs", "2x", "", "", False),
        ("bread", "", "", "", True),
        ("tomatoes", "500 g", "ripe", "Produce", False),
        ("basil", "", "fresh from the *market*", "Produce", False),
        ("Milk", "", "the 1. one", "Cold", False),
        ("7 Up", "2 l", "", "Cold", False),
    ]


def test_markdown_that_is_no_list_is_refused_by_line():
    """TRF-4"""
    content = "# Title\nHere it is:\n- [ ] milk\n- [ ]\n\n  \u202enote\n## \u0007\n- a\tb\n"
    assert errors_of("markdown", content) == [
        "line 2: Neither an item (- [ ] milk), nor a heading, nor an indented note.",
        "line 4: Characters that override the writing direction are not allowed.",
        "line 7: Control characters and line breaks are not allowed.",
        "line 8: Control characters and line breaks are not allowed.",
    ]
    assert errors_of("markdown", "- [ ]") == ["line 1: name: May not be blank."]


@pytest.mark.parametrize("text", XSS)
def test_markdown_shows_markup_as_text(text):
    """TRF-5"""
    written = FORMATS["markdown"].write(list_row(text), [item(text, note=text, category=text)])
    for sign in "<>[]":
        assert written.replace("- [ ] ", "").count(sign) == written.count(f"\\{sign}")


# text


def test_text_reads_as_one_writes_it():
    """TRF-1: only what is still to buy."""
    rows = [
        item("milk", quantity="2 l", note="oat"),
        item("bread", purchased=True),
        item("7 Up", quantity="6"),
        item("- salt"),
        item("eggs", note='"free"'),
    ]
    assert FORMATS["text"].write(list_row(), rows) == (
        '2 l milk, oat\n6 "7 Up"\n"- salt"\n"eggs", "free"\n'
    )


def test_text_of_others_is_read():
    """TRF-2"""
    content = '- milk\r\u2022 2 bread\n\n3) salt, sea\n[x] eggs\n\u2611 oil\n\u2610 tea\n6 "7 Up"\n'
    assert list(map(main_fields, read("text", content))) == [
        ("milk", "", "", "", False),
        ("bread", "2", "", "", False),
        ("salt", "", "sea", "", False),
        ("eggs", "", "", "", True),
        ("oil", "", "", "", True),
        ("tea", "", "", "", False),
        ("7 Up", "6", "", "", False),
    ]


def test_text_that_cannot_be_kept_is_refused_by_line():
    """TRF-4"""
    content = "milk\n\na\tb\n\u202ebread\n" + "x" * 201 + "\n" + "y" * 5000 + "\n\0"
    assert errors_of("text", content) == [
        "line 3: Control characters and line breaks are not allowed.",
        "line 4: Characters that override the writing direction are not allowed.",
        "line 5: name: At most 200 characters.",
        "line 6: At most 4,000 characters.",
        "line 7: Control characters and line breaks are not allowed.",
    ]


def test_a_known_name_is_not_taken_apart():
    """TRF-2, QTY-3"""
    for name in ("text", "markdown"):
        [line] = lines_of(name, "- 7 Up", {"7 up"}.__contains__)
        assert line.wanted.name == "7 Up"


# any of them


@pytest.mark.parametrize("name", FORMATS)
@unhurried
@given(content=st.text() | st.lists(st.sampled_from([*MARKUP, *XSS, "\n", "- "])).map("\n".join))
def test_any_text_is_read_or_refused(name, content):
    """TRF-4"""
    lines = lines_or_none(name, content) or []
    for line in lines:
        for field, longest in LIMITS.items():
            assert len(getattr(line.wanted, field)) <= longest
        assert line.wanted.name == line.wanted.name.strip() != ""


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("text", "a\n" * 5001),
        ("text", "\0\n" * 1_000_000),
        ("markdown", "- a\n" * 5001),
        ("csv", "name\n" + "a\n" * 5001),
        (
            "json",
            '{"format":"trolley","version":1,"list":{"name":"x","items":[%s{"name":"a"}]}}'
            % ('{"name":"a"},' * 5000),
        ),
    ],
)
def test_more_lines_than_the_limit_are_refused_with_the_limit(name, content):
    """TRF-3"""
    noun = FORMATS[name].noun
    assert errors_of(name, content) == [
        f"more than 5,000 {noun}s: import at most {MAX_LINES:,} at once."
    ]


def test_many_errors_are_not_all_told():
    """TRF-4"""
    errors = errors_of("text", "\0\n" * 100)
    assert errors[MAX_ERRORS - 1].startswith("line 20: ")
    assert errors[MAX_ERRORS:] == ["and 80 more."]


def test_everything_has_a_limit():
    """TRF-3"""
    items = [{"name": "a"}] * 5000
    lists = [{"name": "x", "items": items}] * 5
    with pytest.raises(InvalidContentError) as refused:
        json_format.read_all(json.dumps({"format": "trolley", "version": 1, "lists": lists}))
    assert refused.value.errors == ["More than 20,000 items: import list by list."]


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "line",
    [
        "1",
        "- " + "*" * 3990,
        "- " + "\\*" * 1990,
        "- **" + "a " * 1990,
        ' "' * 1990,
        "# " + " #" * 1990,
        "- " * 1990,
        "a " * 1990,
        '"' * 3990,
        " " * 3990 + "x",
        "- 1 " + "1/" * 1990,
    ],
)
@pytest.mark.parametrize("name", ["text", "markdown"])
def test_no_line_takes_a_long_time(name, line):
    """TRF-3: two megabytes of the worst lines."""
    content = f"{line}\n" * (2 * 1024 * 1024 // (len(line) + 1))
    lines_or_none(name, content)
