"""Every format: written content reads back, and errors name the unreadable lines."""

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopping_list import list_settings
from shopping_list.import_export import json_format
from shopping_list.import_export.formats import FORMATS, parse_content, parse_lines
from shopping_list.import_export.parsed_lines import (
    MAX_ERRORS,
    MAX_LENGTHS,
    MAX_LINES,
    InvalidContentError,
    Line,
    ParsedItem,
    SkippedLine,
)
from shopping_list.models import ShoppingItem
from shopping_list.parsing.line_marks import split_cells, strip_marks
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
    with pytest.raises(InvalidContentError) as exc_info:
        parse_lines(name, content, known)
    return exc_info.value.errors


def lines_or_none(name, content):
    try:
        return parse_lines(name, content, nothing)
    except InvalidContentError as error:
        return None if error.errors else pytest.fail("without a reason")


def all_fields(row):
    return ParsedItem(
        **{name: getattr(row, name) for name in MAX_LENGTHS},
        purchased=row.purchased,
        purchased_at=row.purchased_at,
        purchased_by=row.purchased_by and row.purchased_by.name,
        created_at=row.created_at,
        created_by=row.created_by and row.created_by.name,
        shops=row.shops,
        not_found_at=row.not_found_at,
    )


def core_fields(parsed):
    return (parsed.name, parsed.quantity, parsed.note, parsed.category, parsed.purchased)


no_deadline = settings(deadline=None)
row_lists = st.lists(item_rows(), max_size=4)


def test_limits_match_the_item_columns():
    """TRF-3"""
    fields = {field.name: field.max_length for field in ShoppingItem._meta.concrete_fields}
    assert {name: fields[name] for name in MAX_LENGTHS} == MAX_LENGTHS


# Round trips


@pytest.mark.parametrize("name", ["json", "csv"])
@no_deadline
@given(row_lists)
def test_json_and_csv_round_trip_every_field(name, rows):
    """TRF-1"""
    assert again(name, rows) == [all_fields(row) for row in rows]


@no_deadline
@given(row_lists)
def test_markdown_round_trips_the_main_fields(rows):
    """TRF-1: ordered by category, and within a category in the order of the list."""
    categories = dict.fromkeys(["", *(row.category for row in rows)])
    ordered = [row for name in categories for row in rows if row.category == name]
    assert list(map(core_fields, again("markdown", rows))) == list(map(core_fields, ordered))


@no_deadline
@given(row_lists)
def test_text_round_trips_the_names_of_open_items(rows):
    """TRF-1"""
    assert [parsed.name for parsed in again("text", rows)] == [
        row.name for row in rows if not row.purchased
    ]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("text", ["---", "| --- |", "::", "- -"])
def test_name_that_looks_like_a_rule_round_trips(name, text):
    """TRF-1"""
    assert [line.name for line in again(name, [item(text)])] == [text]


@pytest.mark.parametrize("name", FORMATS)
def test_special_names_round_trip(name):
    """TRF-1, TRF-5"""
    failures = []
    for text in (*XSS, *FORMULAS, *MARKUP):
        row = item(text.strip("\u00a0").replace("e\u0301", "\u00e9"), quantity="2 l", note="a, b")
        lines = [(line.name, line.quantity, line.note) for line in again(name, [row])]
        if lines != [(row.name, "2 l", "a, b")]:
            failures.append((text, lines))
    assert failures == []


def test_name_that_looks_like_a_quantity_round_trips():
    """TRF-1: `7 Up` is one item's name, and seven of `Up` is another item."""
    rows = [item("7 Up"), item("Up", quantity="7", note="one")]
    for name in FORMATS:
        for known in (nothing, {"7 up"}.__contains__):
            lines = parse_lines(name, FORMATS[name].write(list_row(), rows), known)
            assert [line.item.name for line in lines] == ["7 Up", "Up"]
            assert [line.item.quantity for line in lines] == ["", "7"]


# JSON


def test_json_contains_format_version_and_members():
    """TRF-1"""
    document = json.loads(FORMATS["json"].write(list_row(), [item("Milk")]))
    assert (document["format"], document["version"]) == ("trolley", json_format.VERSION)
    assert document["list"]["members"] == [
        {"name": "Ana", "role": "owner"},
        {"name": "Bob", "role": "editor"},
    ]
    assert document["list"]["items"][0]["created_by"] == "Ana"


def test_newer_format_version_is_rejected():
    """TRF-6"""
    [message] = errors_of("json", '{"format": "trolley", "version": 2, "novelty": 1}')
    assert message == (
        "A newer Trolley wrote this (format version 2, and this one reads up to 1): "
        "update this one first."
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "line 1: Input data was truncated"),
        ("{\n\n,}", "line 3: JSON is malformed"),
        ('{"format": "\\ud800 and more"}', "line 1: JSON is malformed"),
        ('{"x":' + "[" * 100_000, "This is no JSON."),
        ("1", "Expected object, got integer"),
        ("{}", 'This is no export of Trolley ("format" is not "trolley"), and no list of items'),
        ('{"lists": [{"name": "Milk"}]}', "This is no export of Trolley"),
        ('{"format": "other", "items": []}', "This is no export of Trolley"),
        ('{"format": "trolley", "version": "1"}', "Expected integer, got string - at version"),
        ('{"format": "trolley", "version": 1}', 'It must have either "list" or "lists".'),
        ('{"format": "trolley", "version": 1, "x": 1}', "Object contains unknown field x"),
        ('{"format": "trolley", "version": 1, "lists": []}', "This holds many lists"),
        ('{"format": "trolley", "version": 1, "list": {"name": "a"}}', "Object missing required"),
    ],
)
def test_json_that_is_not_an_export_is_rejected(content, message):
    """TRF-4"""
    [error] = errors_of("json", content)
    assert error.startswith(message)


def test_every_invalid_json_item_is_reported():
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
        "item 2: Expected string, got integer - at name",
        "item 3: Object contains unknown field nmae",
        "item 4: Object missing required field name",
        "item 5: created_at: The offset from UTC is missing.",
        "item 6: Expected boolean, got integer - at purchased",
        "item 7: created_at: Out of range.",
        "item 8: name: At most 200 characters.",
        "item 9: name: May not be blank.",
        "item 10: Expected object, got string",
    ]


@no_deadline
@given(st.lists(st.tuples(texts(200, blank=False), row_lists), max_size=4))
def test_export_of_several_lists_round_trips(lists):
    """TRF-1"""
    content = b"".join(
        json_format.write_all([(list_row(name), items) for name, items in lists])
    ).decode()
    parsed_lists = json_format.read_all(content)
    assert [parsed_list.name for parsed_list in parsed_lists] == [name for name, _ in lists]
    for parsed_list, (_, items) in zip(parsed_lists, lists, strict=True):
        assert [line.item for line in parsed_list.lines] == [all_fields(row) for row in items]


def test_errors_in_an_export_of_several_lists_name_the_list():
    """TRF-4"""
    lists = [{"name": "a", "items": []}, {"name": "b", "items": [{"name": ""}]}]
    with pytest.raises(InvalidContentError) as exc_info:
        json_format.read_all(json.dumps({"format": "trolley", "version": 1, "lists": lists}))
    assert exc_info.value.errors == ["list 2, item 1: name: May not be blank."]
    lists[0]["name"] = "\u202ea"
    with pytest.raises(InvalidContentError) as exc_info:
        json_format.read_all(json.dumps({"format": "trolley", "version": 1, "lists": lists}))
    assert exc_info.value.errors[0].startswith("list 1: name: Characters that override")


# CSV


@pytest.mark.parametrize("text", FORMULAS)
def test_csv_cells_are_never_formulas(text):
    """TRF-5, SEC-17"""
    row = item(text, quantity=text, note=text, category=text)
    content = FORMATS["csv"].write(list_row(), [row])
    for cell in list(csv.reader(io.StringIO(content, newline="")))[1][:4]:
        assert cell[0] not in "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
    assert read("csv", content) == [all_fields(row)]


@no_deadline
@given(row_lists)
def test_csv_is_readable_by_the_standard_csv_reader(rows):
    """TRF-5"""
    table = list(csv.reader(io.StringIO(FORMATS["csv"].write(list_row(), rows), newline="")))
    assert table[0][:5] == ["name", "quantity", "note", "category", "purchased"]
    assert {len(row) for row in table} == {11}
    assert [row[0].lstrip("'") for row in table[1:]] == [row.name.lstrip("'") for row in rows]


def test_spreadsheet_csv_is_read():
    """TRF-2: with a byte order mark, semicolons, capitals and empty rows."""
    content = "\ufeffName;Quantity;PURCHASED\r\nMilk;2 l;yes\r\n\r\nBread\r\n;;\r\n"
    parsed = read("csv", content)
    assert [(row.name, row.quantity, row.purchased) for row in parsed] == [
        ("Milk", "2 l", True),
        ("Bread", "", False),
    ]
    assert read("csv", "name\n2 l milk\n")[0].name == "2 l milk"


@pytest.mark.parametrize(
    ("content", "messages"),
    [
        ("", ["line 1: The header must have name or title, and may have: name, quantity"]),
        ("quantity\n2", ["line 1: The header must have name"]),
        ("price\n2", ["line 1: The header must have name"]),
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
def test_invalid_csv_is_rejected_by_line(content, messages):
    """TRF-4"""
    errors = errors_of("csv", content)
    assert len(errors) == len(messages)
    for error, beginning in zip(errors, messages, strict=True):
        assert error.startswith(beginning)


# Markdown


def test_written_markdown_has_headings_checkboxes_and_escapes():
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


def test_markdown_of_other_tools_is_read():
    """TRF-2: bullets, numbers, nesting, notes below, bold headings and names."""
    content = (
        "# Weekend\r\n\r\n* eggs 2x\r\n+ [X] bread\r\n---\r\n"
        "**Produce:**\r\n1. 500 g tomatoes, ripe\r\n"
        "   - [ ] basil\r\n     fresh\r\n\r\n     from the *market*\r\n"
        "### Cold ###\r\n- **Milk** \u2013 the 1\\. one\r\n- 2 l **7 Up**\r\n"
    )
    assert list(map(core_fields, read("markdown", content))) == [
        ("eggs", "2x", "", "", False),
        ("bread", "", "", "", True),
        ("tomatoes", "500 g", "ripe", "Produce", False),
        ("basil", "", "fresh from the *market*", "Produce", False),
        ("Milk", "", "the 1. one", "Cold", False),
        ("7 Up", "2 l", "", "Cold", False),
    ]


def test_markdown_that_is_not_a_list_is_rejected_by_line():
    """TRF-4"""
    content = "# Title\nHere it is:\n- [ ] milk\n- [ ]\n\n  \u202enote\n## \u0007\n- a\tb\n"
    assert errors_of("markdown", content) == [
        "line 2: Neither an item (- [ ] milk), nor a heading, nor an indented note.",
        "line 4: Characters that override the writing direction are not allowed.",
        "line 7: Control characters and line breaks are not allowed.",
    ]
    assert errors_of("markdown", "- [ ]") == ["line 1: name: May not be blank."]


@pytest.mark.parametrize("text", XSS)
def test_markdown_escapes_markup(text):
    """TRF-5"""
    content = FORMATS["markdown"].write(list_row(text), [item(text, note=text, category=text)])
    for sign in "<>[]":
        assert content.replace("- [ ] ", "").count(sign) == content.count(f"\\{sign}")


# Text


def test_written_text_contains_only_open_items():
    """TRF-1: only items that are not purchased."""
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


def test_text_of_other_tools_is_read():
    """TRF-2"""
    content = '- milk\r\u2022 2 bread\n\n3) salt, sea\n[x] eggs\n\u2611 oil\n\u2610 tea\n6 "7 Up"\n'
    assert list(map(core_fields, read("text", content))) == [
        ("milk", "", "", "", False),
        ("bread", "2", "", "", False),
        ("salt", "", "sea", "", False),
        ("eggs", "", "", "", True),
        ("oil", "", "", "", True),
        ("tea", "", "", "", False),
        ("7 Up", "6", "", "", False),
    ]


def test_invalid_text_is_rejected_by_line():
    """TRF-4"""
    content = "milk\n\na\tb\n\u202ebread\n" + "x" * 201 + "\n" + "y" * 5000 + "\n\0"
    assert errors_of("text", content) == [
        "line 4: Characters that override the writing direction are not allowed.",
        "line 5: name: At most 200 characters.",
        "line 6: At most 4,000 characters.",
        "line 7: Control characters and line breaks are not allowed.",
    ]


def test_known_name_is_not_split():
    """TRF-2, QTY-3"""
    for name in ("text", "markdown"):
        [line] = parse_lines(name, "- 7 Up", {"7 up"}.__contains__)
        assert line.item.name == "7 Up"


# What other programs write

CASES = Path(__file__).parent / "files"
EXPECTED = json.loads((CASES / "expected.json").read_text())


@pytest.mark.parametrize("name", EXPECTED)
def test_file_of_another_program_is_read(name):
    """TRF-2, TRF-17, cases U, V, W, X and Y"""
    expected = EXPECTED[name]
    content = (CASES / name).read_bytes().decode()
    results = parse_content(expected["format"], content, nothing)
    items = [core_fields(result.item) for result in results if isinstance(result, Line)]
    assert [list(item) for item in items] == expected["items"]
    skipped = [
        [result.number, result.outcome] for result in results if isinstance(result, SkippedLine)
    ]
    assert skipped == expected.get("skipped", [])


LINES = json.loads((Path(__file__).parents[2] / "vectors" / "lines.json").read_text())


@pytest.mark.parametrize("case", LINES["marks"], ids=lambda case: case["line"])
def test_marks_around_a_line_are_removed(case):
    """TRF-2, case U1"""
    assert strip_marks(case["line"]) == (case["text"], case.get("ticked", False))


@pytest.mark.parametrize("case", LINES["cells"], ids=lambda case: case["text"])
def test_columns_of_a_line_are_the_parts_of_an_item(case):
    """TRF-2"""
    expected = (case["name"], case["quantity"], case["note"]) if case["name"] else None
    assert split_cells(case["text"]) == expected


def test_columns_that_are_not_imported_are_named():
    """TRF-17, case X3"""
    [header, _] = parse_content("csv", "Title,Price,,Due date\nMilk,2,x,y\n", nothing)
    assert header.reason == "Columns that are not imported: Price, column 3, Due date."


def test_fields_of_json_that_are_not_imported_are_named():
    """TRF-17, case Y1"""
    [first, _] = parse_content("json", '[{"name": "Milk", "id": 1, "price": 2}]', nothing)
    assert first.reason == "Fields that are not imported: id, price."


@pytest.mark.parametrize(
    ("word", "is_true"),
    [
        *((word, True) for word in ("Yes", "ja", "COMPLETED", "✓", "1", "done")),
        *((word, False) for word in ("No", "nein", "needsAction", "", "open")),
    ],
)
def test_spelling_of_true_and_false_is_understood(word, is_true):
    """TRF-2, case X3"""
    assert read("csv", f"item;erledigt\nMilk;{word}\n")[0].purchased is is_true


@pytest.mark.parametrize("name", ["text", "csv", "markdown", "json"])
def test_file_in_utf_16_is_refused_in_words(name):
    """TRF-4"""
    for content in ("name\nMilk".encode("utf-16-le").decode(), "\ufffd\ufffdn\0a\0m\0e\0"):
        assert errors_of(name, content) == [
            "This is not UTF-8: save the file as UTF-8 and try again."
        ]


@no_deadline
@given(row_lists, st.sampled_from([";", "\t", "|"]))
def test_csv_with_another_delimiter_round_trips(rows, delimiter):
    """TRF-1, case X1: as a spreadsheet saves it again."""
    table = list(csv.reader(io.StringIO(FORMATS["csv"].write(list_row(), rows), newline="")))
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(table)
    assert read("csv", out.getvalue()) == [all_fields(row) for row in rows]
    assert read("csv", f"sep={delimiter}\r\n{out.getvalue()}") == [all_fields(row) for row in rows]


# All formats


@pytest.mark.parametrize("name", FORMATS)
@no_deadline
@given(content=st.text() | st.lists(st.sampled_from([*MARKUP, *XSS, "\n", "- "])).map("\n".join))
def test_any_content_is_parsed_or_rejected(name, content):
    """TRF-4"""
    lines = lines_or_none(name, content) or []
    for line in lines:
        for field, max_length in MAX_LENGTHS.items():
            assert len(getattr(line.item, field)) <= max_length
        assert line.item.name == line.item.name.strip() != ""


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("text", "a\n" * 5001),
        ("text", "\x01\n" * 1_000_000),
        ("markdown", "- a\n" * 5001),
        ("csv", "name\n" + "a\n" * 5001),
        (
            "json",
            '{"format":"trolley","version":1,"list":{"name":"x","items":[%s{"name":"a"}]}}'
            % ('{"name":"a"},' * 5000),
        ),
    ],
)
def test_more_lines_than_the_limit_are_rejected(name, content):
    """TRF-3"""
    noun = FORMATS[name].noun
    assert errors_of(name, content) == [
        f"more than 5,000 {noun}s: import at most {MAX_LINES:,} at once."
    ]


def test_only_the_first_errors_are_reported():
    """TRF-4"""
    errors = errors_of("text", "\x01\n" * 100)
    assert errors[MAX_ERRORS - 1].startswith("line 20: ")
    assert errors[MAX_ERRORS:] == ["and 80 more."]


def test_total_number_of_items_is_limited():
    """TRF-3"""
    items = [{"name": "a"}] * 5000
    lists = [{"name": "x", "items": items}] * 5
    with pytest.raises(InvalidContentError) as exc_info:
        json_format.read_all(json.dumps({"format": "trolley", "version": 1, "lists": lists}))
    assert exc_info.value.errors == ["More than 20,000 items: import list by list."]


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("csv", "name" + ",notes" * 200_000 + "\n" + "a" + ",b;" * 200_000),
        ("csv", "name\n" + "\n" * 1_000_000),
        ("markdown", "---\n" * 500_000),
        ("markdown", "# a\n" * 500_000),
    ],
)
def test_worst_case_tables_are_parsed_quickly(name, content):
    """TRF-3"""
    lines_or_none(name, content)


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
        "a" + " " * 3990 + "b",
        "a\t" * 1990,
        "-" * 3990 + "x",
        "[1 " * 1300,
        "1.1.11, 1:11 " * 300,
        "&a" * 1990,
    ],
)
@pytest.mark.parametrize("name", ["text", "markdown"])
def test_worst_case_lines_are_parsed_quickly(name, line):
    """TRF-3: two mebibytes of worst-case lines."""
    content = f"{line}\n" * (2 * 1024 * 1024 // (len(line) + 1))
    lines_or_none(name, content)


@pytest.mark.parametrize("name", FORMATS)
def test_writer_reads_the_items_a_fixed_number_of_times(name):
    """TRF-20: not once for each category."""

    class CountedRows(tuple):
        scans = 0

        def __iter__(self):
            CountedRows.scans += 1
            return super().__iter__()

    rows = CountedRows([item(f"Item {n}", category=f"Aisle {n}") for n in range(50)])
    assert FORMATS[name].write(list_row("Any"), rows).count("Item") == 50
    assert CountedRows.scans <= 2


# Shops and settings


def test_names_of_shops_with_semicolons_round_trip_in_csv():
    """TRF-1, ITM-137"""
    rows = [item("Milk", shops=("a; b", "c\\", "\\;", "=1", "d")), item("Salt", shops=("'x",))]
    assert [parsed.shops for parsed in again("csv", rows)] == [row.shops for row in rows]


def test_shops_of_a_table_are_separated_by_semicolons():
    """ITM-137"""
    [parsed] = read("csv", "name,shops,not_found_at\nMilk,Lidl;Aldi ; lidl,2026-11-22T08:30:00Z")
    assert parsed.shops == ("Lidl", "Aldi")
    assert parsed.not_found_at.isoformat() == "2026-11-22T08:30:00+00:00"


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (f"Milk,{'x' * 101}", "line 2: shops: At most 100 characters."),
        (f"Milk,{';'.join(map(str, range(21)))}", "line 2: shops: At most 20."),
    ],
)
def test_bad_shops_are_errors_of_their_line(line, error):
    """ITM-137, TRF-4"""
    assert errors_of("csv", f"name,shops\n{line}") == [error]


SETTINGS = {
    "aisles": ["Dairy", "Bakery"],
    "shops": {"Lidl": {"aisles": ["Bakery"]}},
    "staples": {"Milk": {"quantity": "2 l", "note": "", "category": "Dairy"}},
}


def list_document(**fields):
    body = {"name": "x", "items": [], **fields}
    return json.dumps({"format": "trolley", "version": 1, "list": body})


def test_settings_of_a_list_round_trip_in_json():
    """TRF-1, ITM-137"""
    assert json_format.read_settings(list_document(**SETTINGS))._asdict() == SETTINGS
    [parsed] = json_format.read_all(list_document(**SETTINGS))
    assert parsed.settings._asdict() == SETTINGS
    assert json_format.read_settings('[{"name": "Milk"}]') == list_settings.NO_SETTINGS


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"aisles": ["x" * 101]}, "list 1, aisles: At most 100 characters."),
        ({"aisles": [" "]}, "list 1, aisles: A name may not be blank."),
        ({"shops": {"": {}}}, "list 1, shops: A name may not be blank."),
        ({"shops": {str(n): {} for n in range(51)}}, "list 1, shops: At most 50."),
        ({"staples": {"Milk": {"note": "\n"}}}, "list 1, staples: Control characters"),
        ({"staples": {"Milk": {"size": ""}}}, "Object contains unknown field size"),
    ],
)
def test_bad_settings_of_a_document_are_named(fields, error):
    """ITM-137, TRF-4"""
    with pytest.raises(InvalidContentError) as exc_info:
        json_format.read_all(list_document(**fields))
    assert exc_info.value.errors[0].startswith(error)
