"""`docwatch doctor`: looks at everything, says what is wrong, why it matters and how to mend it."""

import asyncio
import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from cli.doctor.checks import CHECKS, diagnose
from cli.doctor.facts import Facts
from cli.doctor.findings import Finding, Severity
from cli.doctor.gathering.gather import gather
from cli.installation.settings import read_settings
from runtime.clock import SystemClock


def doctor(
    *, as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False
) -> None:
    """Check the whole installation; exit status 1 when it is not fit."""
    settings, faults = read_settings()
    facts = (
        Facts(settings_faults=faults) if settings is None else asyncio.run(gather(settings, SystemClock()))
    )
    findings = diagnose(facts)
    fit = all(finding.severity is not Severity.PROBLEM for finding in findings)
    if as_json:
        rows = [{**asdict(finding), "runbook": finding.runbook} for finding in findings]
        typer.echo(json.dumps({"fit": fit, "findings": rows}, ensure_ascii=False))
    else:
        _show(Console(), facts, findings, fit=fit)
    raise typer.Exit(0 if fit else 1)


def looked_at(facts: Facts) -> dict[str, bool]:
    """Tell for each area whether there was anything to look at."""
    there = {
        "settings": True,
        "keys": bool(facts.secrets),
        "nats": facts.nats is not None,
        "database": bool(facts.databases),
        "bot": bool(facts.bots or facts.unserved),
        "catalogue": facts.catalogue is not None,
        "edge": facts.edge is not None,
        "staff": facts.staff_door is not None,
        "mail": bool(facts.mail),
        "sms": facts.texts is not None,
        "disk": facts.disk is not None,
        "services": bool(facts.services),
    }
    return {area: there[area] for area in CHECKS}


def _show(console: Console, facts: Facts, findings: list[Finding], *, fit: bool) -> None:
    for area, there in looked_at(facts).items():
        mine = [finding for finding in findings if finding.area == area]
        if not there and not mine:
            console.print(f"[dim]-  {area}: not looked at[/]")
        elif not mine:
            console.print(f"[green]ok[/] {area}")
        for finding in mine:
            bad = finding.severity is Severity.PROBLEM
            mark = "[bold red]!![/]" if bad else "[yellow]? [/]"
            console.print(f"{mark} {area}: [bold]{escape(finding.what)}[/]", highlight=False, soft_wrap=True)
            console.print(f"     why it matters: {escape(finding.why)}", highlight=False, soft_wrap=True)
            console.print(f"     how to mend it: {escape(finding.fix)}", highlight=False, soft_wrap=True)
            console.print(
                f"     step by step: {finding.runbook}, {finding.code}", highlight=False, soft_wrap=True
            )
    console.print("[bold green]fit[/]" if fit else "[bold red]not fit[/]")
