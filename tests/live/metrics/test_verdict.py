"""The verdict says the most severe conditions, and since when they exist."""

from __future__ import annotations

from dataclasses import replace

import pytest

from live.metrics.verdict import (
    DIFFERENT_DURATION,
    LATE_DURATION,
    RECENT_SECONDS,
    SLOW_DURATION,
    ConditionLog,
    Facts,
    LaggingScreen,
    LastEdit,
    find_problems,
    sentence,
    state_of,
)

NOW = 1_795_000_000.0
WELL = Facts(at=NOW, people=3, identical=7)


def verdict_of(facts: Facts, *, lasting: float = 0.0, with_names: bool = True) -> str:
    """Return the sentence for problems that exist for some seconds."""
    log = ConditionLog()
    problems = find_problems(facts, with_names=with_names)
    log.update(problems, facts.at - lasting)
    log.update(problems, facts.at)
    return sentence(facts, log.conditions(facts.at), with_names=with_names)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "All well. 7 screens have everything, nothing is slow."),
        ({"identical": 1}, "All well. 1 screen has everything, nothing is slow."),
        (
            {"identical": 6, "behind": 1},
            "All well. 6 of 7 screens have everything, 1 has not confirmed the newest change yet.",
        ),
        (
            {"identical": 0, "behind": 1},
            "All well. 1 screen has not confirmed the newest change yet.",
        ),
        ({"identical": 0}, "All well. No list is open."),
        ({"identical": 0, "people": 0}, "Nobody is connected."),
        (
            {"identical": 0, "people": 0, "last_edit": LastEdit(NOW - 7_300, "Ben")},
            "Nobody is connected. Last edit 2 h ago by Ben.",
        ),
        (
            {"identical": 0, "last_edit": LastEdit(NOW - 5, "")},
            "All well. No list is open. Last edit just now.",
        ),
    ],
)
def test_sentence_says_that_all_is_well(changes, expected):
    """VER-1"""
    assert verdict_of(replace(WELL, **changes)) == expected


@pytest.mark.parametrize(
    ("changes", "lasting", "expected"),
    [
        (
            {"database": "down", "database_down_in": 1},
            0,
            "The database does not answer since 11:06 UTC. "
            "Nothing can be saved; screens keep the rows.",
        ),
        (
            {"database": "read_only", "database_down_in": 1, "processes": 2},
            120,
            "The database cannot be written for 1 of 2 processes since 11:04 UTC. "
            "Lists can be read, edits are refused.",
        ),
        (
            {"is_layer_up": False, "layer_name": "Redis"},
            86_400,
            "Redis does not answer since 17 Nov 11:06 UTC. "
            "Edits are saved; screens catch up every 2 s.",
        ),
        (
            {"different": 1},
            DIFFERENT_DURATION,
            "1 screen shows other rows than the database since 11:06 UTC. "
            "Reload that page, and report the log of the server.",
        ),
        (
            {"free_bytes": 312_400_000},
            0,
            "The disk is nearly full since 11:06 UTC. 312 MB are left.",
        ),
        (
            {"missing_processes": 1},
            0,
            "1 of 2 processes stopped since 11:06 UTC. 1 process left for all requests.",
        ),
        (
            {"crashes": (NOW - 50,)},
            3,
            "A process crashed, and another took its place.",
        ),
        (
            {"crashes": (NOW - 3000, NOW - 700, NOW - 120)},
            60,
            "Processes crash again and again since 11:05 UTC. "
            "3 times in an hour. The log of the server says why.",
        ),
        (
            {"errors_last_minute": 3, "requests_last_minute": 120.4},
            0,
            "Requests fail since 11:06 UTC. "
            "3 of 120 requests of the last minute got a server error.",
        ),
        (
            {"in_flight": 30, "capacity": 16},
            10,
            "30 requests are open at once since 11:06 UTC. "
            "16 of them are handled at the same time, the others wait.",
        ),
        (
            {"p95_ms": 1_240.0, "requests_last_minute": 60},
            SLOW_DURATION,
            "Answers are slow since 11:04 UTC. p95 is 1.2 s.",
        ),
        (
            {"lagging": (LaggingScreen("Ana", 1.24, 14),)},
            0,
            "Ana's screen is 1.2 s behind (14 changes).",
        ),
        (
            {"lagging": (LaggingScreen("Cleo", 3.2, 0),)},
            0,
            "Cleo's screen has read nothing for 3.2 s.",
        ),
        (
            {"went_back_at": NOW - 20},
            20,
            "The database is an older copy of itself since 11:06 UTC. "
            "Edits that it does not have are gone. Screens have read it again.",
        ),
        (
            {"lagging": (LaggingScreen("Ana", 6, 1), LaggingScreen("Ben", 9, 2))},
            60,
            "2 screens are behind, Ben's by 9.0 s (2 changes) since 11:05 UTC.",
        ),
    ],
)
def test_sentence_says_what_is_wrong(changes, lasting, expected):
    """VER-1"""
    assert verdict_of(replace(WELL, **changes), lasting=lasting) == expected


@pytest.mark.parametrize(
    ("changes", "lasting"),
    [
        ({"different": 1}, DIFFERENT_DURATION - 1),
        ({"in_flight": 30, "capacity": 16}, 9),
        ({"in_flight": 16, "capacity": 16}, 60),
        ({"p95_ms": 1_240.0, "requests_last_minute": 60}, SLOW_DURATION - 1),
        ({"p95_ms": 1_240.0, "requests_last_minute": 19}, 600),
        ({"p95_ms": 499.0, "requests_last_minute": 60}, 600),
        ({"missing_processes": 1, "is_layer_up": True, "free_bytes": 500_000_000}, 0),
    ],
)
def test_short_or_small_trouble_is_no_condition(changes, lasting):
    """VER-1"""
    facts = replace(WELL, **{**changes, "missing_processes": 0})
    assert verdict_of(facts, lasting=lasting).startswith("All well.")


def test_sentence_has_the_two_most_severe_conditions():
    """VER-1"""
    facts = replace(
        WELL,
        database="down",
        is_layer_up=False,
        missing_processes=1,
        lagging=(LaggingScreen("Ana", 5.0, 1),),
    )
    problems = find_problems(facts, with_names=True)
    assert [problem.key for problem in problems] == ["database", "layer", "lagging"]
    text = verdict_of(facts)
    assert text.index("The database") < text.index("The channel layer")
    assert "Ana" not in text


def test_nearly_empty_disk_comes_before_warnings():
    """VER-1"""
    facts = replace(WELL, is_layer_up=False, free_bytes=10_000_000)
    problems = find_problems(facts, with_names=True)
    assert [(each.key, each.severity) for each in problems] == [
        ("disk", "critical"),
        ("layer", "warning"),
    ]


def test_many_errors_are_critical():
    """VER-1"""
    facts = replace(WELL, errors_last_minute=10, requests_last_minute=100)
    assert [each.severity for each in find_problems(facts, with_names=True)] == ["critical"]
    facts = replace(WELL, errors_last_minute=9, requests_last_minute=100)
    assert [each.severity for each in find_problems(facts, with_names=True)] == ["warning"]


def test_wording_without_names_has_no_name():
    """VER-2"""
    screens = (LaggingScreen("Ana", 1.2, 14), LaggingScreen("Ben", 9, 2))
    lagging = replace(WELL, lagging=screens)
    texts = [
        verdict_of(lagging, with_names=False),
        verdict_of(replace(WELL, lagging=screens[:1]), with_names=False),
        verdict_of(
            replace(WELL, people=0, identical=0, last_edit=LastEdit(NOW - 100, "Ben")),
            with_names=False,
        ),
    ]
    assert texts == [
        "2 screens are behind, the slowest by 9.0 s (2 changes).",
        "A screen is 1.2 s behind (14 changes).",
        "Nobody is connected. Last edit 1 min ago.",
    ]


def test_condition_keeps_its_beginning_and_its_end():
    """VER-3"""
    log = ConditionLog()
    problems = find_problems(replace(WELL, is_layer_up=False), with_names=True)
    log.update(problems, NOW)
    log.update(problems, NOW + 90)
    (condition,) = log.conditions(NOW + 90)
    assert (condition.since, condition.until) == (NOW, None)
    assert state_of([condition]) == "warning"
    log.update([], NOW + 100)
    assert log.conditions(NOW + 100) == []
    (ended,) = log.recent(NOW + 100)
    assert (ended.since, ended.until) == (NOW, NOW + 100)
    assert log.recent(NOW + 100 + RECENT_SECONDS) == []


def test_condition_has_the_earliest_beginning_of_all_processes():
    """VER-3"""
    log = ConditionLog()
    problems = find_problems(replace(WELL, is_layer_up=False), with_names=True)
    log.update(problems, NOW, {"layer": NOW - 300, "disk": NOW - 900})
    assert log.since == {"layer": NOW - 300}
    log.update(problems, NOW + 1)
    assert log.since == {"layer": NOW - 300}


def test_condition_that_another_process_still_knows_ends_once():
    """VER-3: here it ended and came back, with the beginning that the other process knows."""
    log = ConditionLog()
    problems = find_problems(replace(WELL, is_layer_up=False), with_names=True)
    for ended_at in (NOW + 90, NOW + 100):
        log.update(problems, ended_at - 5, {"layer": NOW})
        log.update([], ended_at)
    (ended,) = log.recent(NOW + 100)
    assert (ended.since, ended.until) == (NOW, NOW + 100)


def test_trouble_that_was_too_short_never_ends():
    """VER-3"""
    log = ConditionLog()
    problems = find_problems(replace(WELL, different=1), with_names=True)
    log.update(problems, NOW)
    log.update([], NOW + 1)
    assert log.recent(NOW + 1) == []


@pytest.mark.parametrize(
    ("days", "text"),
    [(6.9, "Disk full in 6 days"), (1.2, "Disk full in 1 day"), (0.5, "Disk full within a day")],
)
def test_disk_that_is_full_soon_is_said(days, text):
    """MCH-8"""
    (problem,) = find_problems(replace(WELL, days_left=days, free_bytes=10**10), with_names=False)
    assert (problem.key, problem.severity, problem.text) == ("disk", "warning", text)


def test_disk_that_lasts_is_not_said_and_one_that_is_nearly_full_is():
    """MCH-8"""
    assert find_problems(replace(WELL, days_left=7.0), with_names=False) == []
    facts = replace(WELL, days_left=3.0, free_bytes=1_000_000)
    (problem,) = find_problems(facts, with_names=False)
    assert (problem.severity, problem.text) == ("critical", "The disk is nearly full")


def test_event_loop_must_be_late_for_five_minutes():
    """MCH-8"""
    late = replace(WELL, lag_ms=400.0)
    assert verdict_of(late, lasting=LATE_DURATION - 1).startswith("All well.")
    sentence = verdict_of(late, lasting=LATE_DURATION)
    assert sentence.startswith("A process is overloaded since ")
    assert "p99 of its event loop is 400 ms late." in sentence
    assert verdict_of(replace(WELL, lag_ms=200.0), lasting=LATE_DURATION).startswith("All well.")
