"""Where a process spends its CPU, by function: py-spy samples it while it runs."""

import asyncio
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path


@asynccontextmanager
async def profiled(pid: int, seconds: float, *, top: int = 40) -> AsyncIterator[None]:
    """Sample a process by py-spy during the block, and print the share of its CPU by function."""
    folder = Path(tempfile.mkdtemp(prefix="docwatch-profile-"))
    output = folder / "stacks.txt"
    options = (
        "--function",
        "--duration",
        str(round(seconds)),
        "--rate",
        "400",
        "--format",
        "raw",
        "--output",
        str(output),
    )
    spy = shutil.which("py-spy", path=str(Path(sys.executable).parent)) or "py-spy"
    process = await asyncio.create_subprocess_exec(
        *(spy, "record", "--pid", str(pid), *options), stdout=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        await process.wait()
        print(shares(output.read_text().splitlines(), top=top))
        shutil.rmtree(folder)


def shares(stacks: Iterable[str], *, top: int) -> str:
    """Return functions by their own share of the samples and with what they call; a line is `a;b count`."""
    own: dict[str, int] = {}
    within: dict[str, int] = {}
    for line in stacks:
        stack, _, count = line.rpartition(" ")
        frames = stack.split(";")
        own[frames[-1]] = own.get(frames[-1], 0) + int(count)
        for frame in set(frames):
            within[frame] = within.get(frame, 0) + int(count)
    total = sum(own.values()) or 1
    lines = [f"{'own':>6} {'within':>6}  function"]
    for what in (own, within):
        best = sorted(what, key=lambda frame: -what[frame])[:top]
        lines += [f"{own.get(one, 0) / total:6.1%} {within[one] / total:6.1%}  {one}" for one in best]
        lines.append("")
    return "\n".join(lines)
