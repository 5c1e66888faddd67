"""The commands of `docwatch`, and where each is defined: only the one that is called is imported."""

import importlib
import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup


class Place(NamedTuple):
    """Where a command is defined, and the line that stands for it in the list of all."""

    module: str
    name: str
    line: str


COMMANDS: Mapping[str, Place] = MappingProxyType(
    {
        "publish": Place(
            "cli.publish.command",
            "publish",
            "Publish stage events from a file; sending the same file again is safe, and goes on where it "
            "stopped.",
        ),
        "watch": Place(
            "cli.publish.watch",
            "watch",
            "Publish every .csv and .jsonl file that is put into a folder, until Ctrl-C.",
        ),
        "hold": Place(
            "cli.operators.hold",
            "hold",
            "Let nobody be told of a publisher's events until it is released, or list who is held.",
        ),
        "release": Place(
            "cli.operators.hold",
            "release",
            "Tell people what waited and let the publisher's events tell them again.",
        ),
        "withdraw": Place(
            "cli.operators.withdraw",
            "withdraw",
            "Hold a publisher and take back what it sent: not sent notices end, whoever was told hears what "
            "stands.",
        ),
        "audit": Place(
            "cli.operators.audit",
            "audit",
            "List what operators, the brake and the service itself did, the latest first.",
        ),
        "rebuild": Place(
            "cli.operators.rebuild",
            "rebuild",
            "Fold every application again from its history, tell nobody, and say what differed.",
        ),
        "restore": Place(
            "cli.operators.restore",
            "restore",
            "Bring a restored database and its streams to one state; the services must be stopped.",
        ),
        "save": Place(
            "cli.moving.command",
            "save",
            "Save database and streams into a new folder; the secrets are not in it, and belong beside it.",
        ),
        "load": Place(
            "cli.moving.command",
            "load",
            "Load what was saved into servers that hold nothing of ours; start the services afterwards.",
        ),
        "doctor": Place(
            "cli.doctor.command",
            "doctor",
            "Check the whole installation; exit status 1 when it is not fit.",
        ),
        "status": Place(
            "cli.status.command",
            "status",
            "Show what comes in, what waits and how notices end; exit status 1 where a service is silent.",
        ),
        "understand": Place(
            "cli.understand",
            "understand",
            "Say what the bot takes a text for, and why; nothing is sent or stored.",
        ),
        "bounce": Place(
            "cli.bounce",
            "bounce",
            "Take one mail from standard input: a report on a letter of ours is noted, any other passed "
            "over.",
        ),
        "up": Place(
            "cli.up.start",
            "up",
            "Run everything on this machine until Ctrl-C.",
        ),
        "run": Place(
            "cli.installation.commands",
            "run",
            "Run one service in the foreground, told everything by its environment.",
        ),
        "provision": Place(
            "cli.installation.commands",
            "provision",
            "Bring streams, consumers, roles and schemas up to date; safe to run at any time.",
        ),
        "keys": Place(
            "cli.operators.keys",
            "keys",
            "API keys of back offices, and the keys of encryption.",
        ),
        "catalogue": Place(
            "cli.catalogue.command",
            "catalogue",
            "The agency's own data: documents, stages, offices, texts, consultations.",
        ),
        "dead": Place(
            "cli.operators.dead",
            "dead",
            "Messages that took no effect: list, show, replay, drop.",
        ),
        "callbacks": Place(
            "cli.operators.callbacks",
            "callbacks",
            "Outcomes posted to back offices, signed.",
        ),
        "channels": Place(
            "cli.operators.channels",
            "channels",
            "Accounts of messengers: how they fare, and holding one back.",
        ),
        "publishers": Place(
            "cli.operators.publishers",
            "publishers",
            "Who may write whose applications: an application belongs to the publisher that first named it.",
        ),
        "knowledge": Place(
            "cli.operators.knowledge.command",
            "knowledge",
            "Answers to what people ask: list, show, change, check; what was missed, how questions fare.",
        ),
        "staff": Place(
            "cli.operators.staff.command",
            "staff",
            "Who works at the desk, and what they did.",
        ),
    }
)


class Commands(TyperGroup):
    """All commands by their lines; what stands behind a line is imported when it is called."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - the library's own
        super().__init__(**options)
        self.commands = {name: TyperCommand(name, help=place.line) for name, place in COMMANDS.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[Any, Any, list[str]]:  # noqa: ANN401 - the same
        """Return the command that is called, and what is left of the arguments."""
        _, line, rest = super().resolve_command(ctx, args)
        if line is None or line.name is None:
            return None, line, rest
        # Not before: what only asks for the list of commands waits for no settings.
        importlib.import_module("runtime.settings").take_files(os.environ)
        return line.name, loaded(line.name), rest


def loaded(name: str) -> Any:  # noqa: ANN401 - a command of the library, which names no class for it
    """Import a command and return it."""
    place, parent = COMMANDS[name], typer.Typer(add_completion=False)
    found = getattr(importlib.import_module(place.module), place.name)
    if isinstance(found, typer.Typer):
        parent.add_typer(found, name=name)
    else:
        parent.command(name)(found)
    parent.callback()(_nothing)
    return typer.main.get_group(parent).commands[name]


def _nothing() -> None:
    """Do nothing: a parent with a function of its own is a group also where it has one command."""
