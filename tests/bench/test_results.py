"""The results of runs are combined into a table."""

from bench.results import Result, Results, combine, number, render, report
from bench.scenarios import SCENARIOS, Measurements
from bench.targets import Stack

UVICORN, DAPHNE = Stack("uvicorn", "memory", "sqlite"), Stack("daphne", "memory", "sqlite")


def result(target, scenario="F1", stack=UVICORN, **figures):
    return Result(scenario, SCENARIOS[scenario].headline, target, stack, 1, Measurements(**figures))


def test_figures_are_combined_by_median_and_losses_by_sum():
    combined = combine(
        [
            Measurements(cpu_us=9, done=10, undelivered=1, errors=["a"]),
            Measurements(cpu_us=1, done=10, undelivered=2),
            Measurements(cpu_us=3, done=10, errors=["b"]),
        ]
    )
    assert (combined.cpu_us, combined.done, combined.undelivered) == (3, 30, 3)
    assert combined.errors == ["a", "b"]


def test_advantage_counts_less_cpu_and_more_per_second_as_better():
    results = Results(
        [
            result("plain", cpu_us=300),
            result("trolley", cpu_us=15),
            result("plain", "F2", per_second=3_000),
            result("trolley", "F2", per_second=300_000),
        ]
    )
    plain, trolley, plain2, trolley2 = results.all
    assert results.advantage(trolley, plain) == 20
    assert results.advantage(trolley2, plain2) == 100
    assert results.advantage(plain, plain) is None


def test_trolley_is_compared_only_within_the_same_cell():
    results = Results([result("plain", cpu_us=300), result("trolley", stack=DAPHNE, cpu_us=15)])
    assert results.verdicts() == []


def test_verdict_shows_whether_target_is_met():
    results = Results(
        [
            result("websockets", stack=Stack("", "", ""), cpu_us=8),
            result("plain", cpu_us=450),
            result("trolley", cpu_us=15),
        ]
    )
    met, missed = results.verdicts()
    assert met.startswith("met    F1 uvicorn memory sqlite: ")
    assert "30.0 (at least 25.0)" in met
    assert missed.startswith("MISSED F1")
    assert "1.88 (at most 1.00)" in missed


def test_numbers_have_three_significant_digits():
    assert [number(value) for value in (None, 2.2, 14.06, 363.4, 453_000)] == [
        "-",
        "2.20",
        "14.1",
        "363",
        "453,000",
    ]


def test_table_is_markdown_with_aligned_columns():
    lines = render([["id", "what"], ["F1", "plain recipe"]]).split("\n")
    assert lines == ["| id | what         |", "| -- | ------------ |", "| F1 | plain recipe |"]


def test_report_prints_losses_and_errors():
    text = report(
        Results(
            [
                result(
                    "trolley", undelivered=7, duplicates=2, out_of_order=1, errors=["oops", "oops"]
                )
            ]
        )
    )
    assert "7 (+2 twice) (1 out of order)" in text
    assert "F1 trolley uvicorn memory sqlite: 2 x oops" in text
    assert "No errors." in report(Results([result("plain", cpu_us=1.0)]))


def test_result_can_be_serialized_as_json():
    import json

    assert (
        json.loads(json.dumps(result("plain", cpu_us=1.0).as_json()))["stack"]["layer"] == "memory"
    )
