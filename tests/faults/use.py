"""What the services of an installation use while something is wrong, and the bounds that they must keep."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from runtime.clock import SystemClock
from tests.faults.harness import Harness
from tests.faults.looking import ANSWER_SECONDS, alive, cpu, memory

CLOCK = SystemClock()
EVERY_SECONDS = 0.5
PATIENCE_SECONDS = 15.0
GROWTH_MIB = 96.0
"""The most that a process may grow beyond what it used before."""
DRIFT_MIB = 12.0
"""The most that it may still grow in the second half."""
BUSY = 0.6
"""The most of one core that a process may use meanwhile."""


@dataclass(frozen=True)
class Use:
    """MiB before and at most in each half, the share of a core, the longest wait for /healthz in seconds."""

    before: float
    first_half: float
    second_half: float
    cores: float
    health: float

    def problems(self, name: str) -> list[str]:
        """Return a sentence for each bound that the process of this name broke."""
        found = []
        most = max(self.first_half, self.second_half)
        if most - self.before > GROWTH_MIB:
            found.append(f"{name} grew from {self.before:.0f} to {most:.0f} MiB")
        if self.second_half - self.first_half > DRIFT_MIB:
            found.append(f"{name} went on growing from {self.first_half:.0f} to {self.second_half:.0f} MiB")
        if self.cores > BUSY:
            found.append(f"{name} used {self.cores:.2f} of a core")
        if self.health > ANSWER_SECONDS:
            found.append(f"{name} was silent for {self.health:.1f} s")
        return found

    def __str__(self) -> str:
        return (
            f"{self.before:4.0f} MiB before, at most {self.first_half:4.0f} and {self.second_half:4.0f}"
            f" in the halves, {self.cores:.2f} cores, /healthz within {self.health:.2f} s"
        )


async def observe(stack: Harness, seconds: float) -> Mapping[str, Use]:
    """Watch every service for so long; return what each used, by its name."""
    programs, addresses = stack.running.supervisor.programs, stack.running.addresses.ops
    pids = {name: pid for name in addresses if (pid := programs[name].pid)}
    before, used = ({name: of(pid) for name, pid in pids.items()} for of in (memory, cpu))
    most, health = defaultdict[tuple[str, bool], float](float), defaultdict[str, float](float)
    started = CLOCK.monotonic()
    while (passed := CLOCK.monotonic() - started) < seconds:
        for name, url in addresses.items():
            health[name] = max(health[name], await alive(url, within=PATIENCE_SECONDS))
            half = name, passed > seconds / 2
            most[half] = max(most[half], memory(pids[name]))
        await CLOCK.sleep(EVERY_SECONDS)
    return {
        name: Use(
            before[name],
            most[name, False],
            most[name, True],
            (cpu(pid) - used[name]) / passed,
            health[name],
        )
        for name, pid in pids.items()
    }
