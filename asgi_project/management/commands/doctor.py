"""Say what is wrong with this installation, or with the way to one, and what repairs it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from asgi_project import machine_facts
from asgi_project.public_address import public_address
from live.doctor import report
from live.doctor.catalogue import Proxy, catalogue
from live.doctor.facts import Facts
from live.doctor.findings import Finding, findings_of
from live.doctor.machine_findings import machine_findings_of
from live.doctor.way import Way
from live.terminal.server_access import (
    AccessError,
    TokenFromFile,
    is_on_this_machine,
    local_url,
    socket_url,
)

SILENCE = 70.0
"""Seconds: more than the 60 after which nginx and Apache close a silent connection."""
MAX_SILENCE = 90.0
PROXIES = [proxy.name for proxy in catalogue().proxies]


class Command(BaseCommand):
    """Changes nothing, and needs no account. Exits with 1 if a check failed."""

    help = (
        "Say what is wrong with this installation, or with the way to the server at a URL, "
        "and which lines of configuration repair it."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "url",
            nargs="?",
            help="test the way to this address, such as https://list.example.org; "
            "without it, this installation and the way to its own address",
        )
        parser.add_argument(
            "--silence",
            type=_silence,
            default=SILENCE,
            metavar="SECONDS",
            help=f"how long a socket is silent ({SILENCE:g}); 0 leaves this check out",
        )
        parser.add_argument("--proxy", choices=PROXIES, help="print the lines for this proxy only")
        parser.add_argument(
            "--print-fix",
            choices=PROXIES,
            help="print only the lines that repair this proxy's configuration; "
            "the report goes to stderr",
        )
        parser.add_argument(
            "--token-file",
            type=Path,
            metavar="FILE",
            help="a file with an API token of that server: tests the way signed in, too",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the checks, and print what they say."""
        try:
            url, findings = self._target(options["url"])
            token = _token(options["token_file"], url)
        except AccessError as error:
            raise CommandError(str(error)) from None
        out = self.stderr if options["print_fix"] else self.stdout
        self._print(out, report.result_lines(findings))
        facts = None
        if url:
            self._print(out, ["", f"The way to {url}:"] if findings else [f"The way to {url}:"])
            seconds = options["silence"]
            note = partial(self.stderr.write, f"A socket is silent for {seconds:g} s …")
            way = Way(url, token=token, silence=seconds, on_silence=note)
            facts = asyncio.run(way.measure())
            of_way = findings_of(facts)
            self._print(out, report.result_lines(of_way))
            findings = [*findings, *of_way]
        self._print_fixes(out, findings, facts, options)
        self._print(out, ["", report.summary(findings)])
        if any(finding.state == "wrong" for finding in findings):
            sys.exit(1)

    def _target(self, url: str | None) -> tuple[str, list[Finding]]:
        """Return the address to test, "" for none, and what was noticed on this machine."""
        if url is not None:
            socket_url(url)  # raises AccessError
            return (url if "://" in url else f"http://{url}").rstrip("/"), []
        local = local_url(settings.LISTEN_HOST, settings.LISTEN_PORT)
        is_running = asyncio.run(Way(local).measure_answer()) is not None
        findings = machine_findings_of(machine_facts.measure(url=local, is_running=is_running))
        return (public_address() or local) if is_running else "", findings

    def _print_fixes(
        self, out: Any, findings: Sequence[Finding], facts: Facts | None, options: dict[str, Any]
    ) -> None:
        names = _names(facts)
        if name := options["print_fix"]:
            self._print(self.stdout, report.proxy_lines(findings, catalogue().proxy(name), names))
            self._print(out, report.fix_lines(findings, [], names))  # environment variables
            return
        self._print(out, report.fix_lines(findings, _proxies(facts, options["proxy"]), names))

    def _print(self, out: Any, lines: Sequence[str]) -> None:
        for line in lines:
            out.write(line)


def _token(path: Path | None, url: str) -> str | None:
    if path is None:
        return None
    return TokenFromFile(path, is_for_this_machine=is_on_this_machine(url)).token()


def _names(facts: Facts | None) -> dict[str, str]:
    """Return the names in the lines: the port of Trolley is that of this installation."""
    upstream = urlsplit(local_url(settings.LISTEN_HOST, settings.LISTEN_PORT)).netloc
    name = urlsplit(f"//{facts.host}").hostname if facts is not None else None
    port = str(settings.LISTEN_PORT)
    return {"upstream": upstream, "port": port, "name": name or "list.example.org"}


def _proxies(facts: Facts | None, name: str | None) -> list[Proxy]:
    """Return the chosen proxy, or the one that answered, or all of them."""
    server = (facts.proxy or "").lower() if facts is not None else ""
    chosen = [p for p in catalogue().proxies if (p.name == name if name else p.name in server)]
    return chosen or catalogue().proxies


def _silence(text: str) -> float:
    return min(max(0.0, float(text)), MAX_SILENCE)
