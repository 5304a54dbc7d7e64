"""The rules of the doctor: from facts to findings. The page is held to the same vectors."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from live.doctor.catalogue import PATH, catalogue, fixes_of, settings_of, text_of
from live.doctor.facts import Facts
from live.doctor.findings import Finding, findings_of

ROOT = Path(__file__).parents[3]
VECTORS = json.loads((ROOT / "tests" / "vectors" / "doctor.json").read_text())
NAMES = {"upstream": "10.0.0.9:8000", "port": "8000", "name": "list.example.org"}


def merged(base: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in change.items():
        is_nested = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if is_nested else value
    return result


def findings_of_case(case: dict[str, Any]) -> list[Finding]:
    return findings_of(msgspec.convert(merged(VECTORS["base"], case["change"]), Facts))


def state_of(key: str) -> str:
    if key in VECTORS["wrong"]:
        return "wrong"
    return "none" if key in VECTORS["unchecked"] else "ok"


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_findings_name_exactly_what_is_wrong(case: dict[str, Any]) -> None:
    """DOC-1"""
    findings = findings_of_case(case)
    keys = {finding.check: finding.key for finding in findings}
    assert keys == VECTORS["expected"] | case["expected"]
    assert list(keys) == list(VECTORS["expected"])
    assert [each.state for each in findings] == [state_of(each.key) for each in findings]
    for check, values in case.get("values", {}).items():
        (finding,) = (each for each in findings if each.check == check)
        assert finding.values == values


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_texts_and_fixes_have_no_gaps(case: dict[str, Any]) -> None:
    findings = findings_of_case(case)
    wrong = [each for each in findings if each.state == "wrong"]
    texts = [text_of(each) for each in findings] + settings_of(wrong)
    for proxy in catalogue().proxies:
        texts += [line for fix in fixes_of(wrong, proxy, NAMES) for line in fix.lines]
    assert [text for text in texts if re.search(r"\{[a-z]", text)] == []


def test_every_fault_says_what_repairs_it() -> None:
    """DOC-2: lines of configuration, or words where no configuration helps."""
    in_words = {"page_unreachable", "https_required", "round_trip_slow", "clock_wrong"}
    in_words |= {"sign_in_refused"}
    texts = catalogue().findings
    without = {key for key in VECTORS["wrong"] if not texts[key].parts + texts[key].settings}
    assert without == in_words
    for proxy in catalogue().proxies:
        known = {part for block in proxy.blocks for part in block.parts}
        assert known == {part for text in texts.values() for part in text.parts}


def test_lines_of_several_findings_come_once() -> None:
    findings = [
        Finding("host", "wrong", "host_changed"),
        Finding("scheme", "wrong", "scheme_not_sent"),
        Finding("streaming", "wrong", "buffered"),
    ]
    (nginx,) = fixes_of(findings, catalogue().proxy("nginx"), NAMES)
    assert len(nginx.lines) == len(set(nginx.lines)) == 7
    (caddy,) = fixes_of(findings, catalogue().proxy("caddy"), NAMES)
    assert caddy.lines == ["reverse_proxy 10.0.0.9:8000 {", "    flush_interval -1", "}"]
    (caddy,) = fixes_of(findings[:2], catalogue().proxy("caddy"), NAMES)
    assert caddy.lines == ["reverse_proxy 10.0.0.9:8000"]


def test_every_text_of_the_catalogue_is_used() -> None:
    """In the rules of the command, or in those that only the page has."""
    sources = [*(ROOT / "live" / "doctor").glob("*findings.py")]
    sources += (ROOT / "frontend" / "src" / "stores").glob("doctor*.ts")
    code = "\n".join(path.read_text() for path in sources)
    unused = [key for key in catalogue().findings if not re.search(rf"""["']{key}["']""", code)]
    assert unused == []


def test_page_has_the_same_catalogue() -> None:
    copy = ROOT / "frontend" / "src" / "protocol" / "doctor-catalogue.json"
    assert copy.read_bytes() == PATH.read_bytes()
