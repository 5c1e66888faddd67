"""Every command of the guide for back offices is run as it stands there, against a whole installation."""

import asyncio
import json
import shutil
import sys
from asyncio.subprocess import PIPE, STDOUT
from dataclasses import replace
from pathlib import Path

import pytest

from cli.settings import local_settings
from cli.up.command import installation
from runtime.clock import SystemClock
from tests.faults.harness import prepared
from tests.guide import Block, blocks

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]
PATIENCE = 10.0
STATE = "state.sh"
NATIVE = "send_nats.py"


async def run(text: str, folder: Path) -> tuple[int, str]:
    """Run a block in a shell that knows what the blocks before it set; return its status and output."""
    script = f"set -ea; . ./{STATE}\n{text}\nexport -p > {STATE}\n"
    shell = await asyncio.create_subprocess_exec(
        "bash", "-c", script, stdout=PIPE, stderr=STDOUT, stdin=asyncio.subprocess.DEVNULL, cwd=folder
    )
    output, _ = await shell.communicate()
    return shell.returncode or 0, output.decode()


async def run_until_it_works(text: str, folder: Path) -> str:
    """Run a block, again for a while where it fails: what became of an event is known a moment after."""
    clock = SystemClock()
    status, output = await run(text, folder)
    deadline = clock.monotonic() + PATIENCE
    while status != 0 and clock.monotonic() < deadline:
        await clock.sleep(0.2)
        status, output = await run(text, folder)
    assert 0 == status, f"{text}\n{output}"
    return output


async def follow(found: list[Block], folder: Path) -> list[str]:
    """Do what the guide says, block by block; return what was not as it says."""
    wrong: list[str] = []
    output = ""
    for block in found:
        match block.kind:
            case "sh":
                output = await run_until_it_works(block.text, folder)
            case "json":
                told = json.loads(block.text)
                printed = output.strip().splitlines()[-1] if block.shown else block.text
                wrong += [] if json.loads(printed) == told else [f"{printed} is not {block.text}"]
            case _ if block.name is not None:
                (folder / block.name).write_text(block.text, encoding="utf-8")
                if block.kind == "python" and block.name != NATIVE:
                    output = await run_until_it_works(f"{sys.executable} {block.name}", folder)
            case "python":
                compile(block.text, "the guide", "exec")
            case _:
                wrong.append(f"nobody knows what to do with a block of {block.kind}")
    return wrong


async def test_every_command_of_the_guide_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the first key to the call list, each block ends well and prints what is shown below it."""
    assert shutil.which("curl"), "curl is needed: apt-get install curl"
    with prepared(monkeypatch) as home:
        settings = local_settings()
        here = f"http://127.0.0.1:{settings.ports['ingest']}"
        (home / ".curlrc").write_text("fail-with-body\n")
        (home / STATE).write_text(f"export CURL_HOME={home} PATH={Path(sys.executable).parent}:$PATH\n")
        found = [replace(one, text=one.text.replace("http://127.0.0.1:8080", here)) for one in blocks()]
        async with installation(settings, None, lambda _: None):
            wrong = await follow(found, home)
        written = {path.name for path in home.iterdir()}
        report = json.loads((home / "drop" / "done" / "export.csv.report.json").read_text())

    assert [] == wrong
    assert {"receipt.svg", "receipt.png", "receipt.html"} <= written
    assert (True, 2) == (report["complete"], report["accepted"] + report["duplicates"])
