"""Two pods of each service as the chart has them, and each replaced by another as Kubernetes does it.

A new pod comes first, and counts when it was ready for some seconds. Then nobody new is led to an old one, it
waits, is told to end, and must have done so in its time.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path

from cli.installation.local import ensure_secrets
from cli.installation.servers import open_servers
from cli.installation.stack import Addresses, Stack
from cli.installation.supervisor import Supervisor
from cli.settings import local_settings
from cli.up.bots import public_names
from cli.up.command import Installation, Sample, sample_player
from contracts.catalogue import load_catalogue
from contracts.services import SERVICES
from runtime.clock import SystemClock
from runtime.embedded import ports
from tests.corpus import releases
from tests.faults.harness import Harness
from tests.faults.looking import ready
from tests.faults.pods import HOST, Pods, Times, secrets_of
from tests.faults.proxy import Address, Proxy, proxied
from tests.faults.upgrade import apart, of_the_release
from tests.waiting import until

CLOCK = SystemClock()
START_SECONDS = 300.0
"""In which a pod is ready on a machine that is busy with all of this."""
DOORS = {"ingest": "DOCWATCH_INGEST_PORT", "notifier": "DOCWATCH_PUBLIC_PORT"}
"""What is public of a service in these tests, by the setting of its port."""


@dataclass(frozen=True)
class Pod:
    """A process of a service: where operators ask it, and where its door is."""

    service: str
    name: str
    ops: str
    door: Address | None


@dataclass
class Rollout:
    """What runs, and how it is replaced; `old` is the tree of the release before, if pods may be of it."""

    harness: Harness
    programs: Stack
    pods: Pods
    doors: Mapping[str, Proxy]
    secrets: Mapping[str, Mapping[str, str]]
    old: Path | None = None
    running: dict[str, list[Pod]] = field(default_factory=dict)
    numbers: "count[int]" = field(default_factory=lambda: count(1))
    wrong: list[str] = field(default_factory=list)

    async def start(self, service: str, *, old: bool = False) -> Pod:
        """Start a pod and lead people to it once it is ready."""
        name = f"{service}-{next(self.numbers)}"
        ops, door = ports.pick(HOST), ports.pick(HOST)
        prefix = f"DOCWATCH_{service.upper()}"
        changes = {
            **self.pods.told(service, self.secrets[service]),
            **dict.fromkeys((f"{prefix}_PORT", "DOCWATCH_PUBLIC_PORT"), str(ports.pick(HOST))),
            f"{prefix}_OPS_PORT": str(ops),
            "DOCWATCH_PUBLIC_URL": f"http://{HOST}:{self.doors['notifier'].address[1]}",
        }
        if service in DOORS:
            changes[DOORS[service]] = str(door)
        if old:
            assert self.old is not None
            changes |= of_the_release(self.old)
            if not apart(self.old):
                ops = int(changes[f"{prefix}_PORT"])
        await self.programs.start_service(service, self.harness.running.bots, name=name, changes=changes)
        pod = Pod(service, name, f"http://{HOST}:{ops}", (HOST, door) if service in DOORS else None)
        await until(partial(ready, pod.ops), within=START_SECONDS, every=0.1)
        self.running.setdefault(service, []).append(pod)
        self._lead(service)
        return pod

    async def stop(self, pod: Pod) -> None:
        """End a pod: nobody new is led to it, it waits, then it ends what it has begun."""
        times = self.pods.times(pod.service)
        self.running[pod.service].remove(pod)
        self._lead(pod.service)
        await CLOCK.sleep(times.pre_stop)
        await self._end(pod, times)

    async def _end(self, pod: Pod, times: Times) -> None:
        supervisor = self.harness.running.supervisor
        program = supervisor.programs[pod.name]
        process, started = program.process, CLOCK.monotonic()
        assert process is not None
        program.stopping.set()
        process.send_signal(signal.SIGTERM)
        try:
            code = await asyncio.wait_for(process.wait(), times.grace - times.pre_stop)
        except TimeoutError:
            process.kill()
            code = await process.wait()
        await supervisor.stop(pod.name)
        if code != 0:
            self.wrong.append(f"{pod.name} ended with {code} after {CLOCK.monotonic() - started:.1f} s")
        self.harness.history.append(f"{pod.name} ended in {CLOCK.monotonic() - started:.1f} s")

    async def replace(self, service: str) -> None:
        """Replace every pod of a service by one of today, one after the other."""
        for pod in tuple(self.running[service]):
            await self.start(service)
            await CLOCK.sleep(self.pods.times(service).ready)
            await self.stop(pod)

    def _lead(self, service: str) -> None:
        if service in DOORS:
            self.doors[service].lead(*(pod.door for pod in self.running[service] if pod.door is not None))


@asynccontextmanager
async def rollout(
    sample: Sample,
    pods: Pods,
    databases: Mapping[str, str],
    *,
    services: Sequence[str],
    history: list[str],
    old: Path | None = None,
) -> AsyncIterator[Rollout]:
    """Start two pods of each service on servers that are provisioned, ready to play a month.

    The environment says where the servers are; `databases` by service is where it finds its own by its role.
    With the tree of the release before in `old` all pods are of that.
    """
    settings = local_settings()
    values = ensure_secrets(settings.folder)
    catalogue = load_catalogue(settings.catalogue)
    # The release knew no other messenger.
    bots = await public_names(settings, catalogue.agency)
    bots = bots if old is None else {"telegram": bots["telegram"]}
    async with AsyncExitStack() as stack:
        servers = await stack.enter_async_context(open_servers(settings, values, CLOCK, history.append))
        supervisor = Supervisor(CLOCK, history.append)
        stack.push_async_callback(supervisor.stop)
        programs = Stack(settings, values, servers, supervisor)
        await programs.start_phone(bots)
        doors = {service: await stack.enter_async_context(proxied()) for service in DOORS}
        phone = f"http://{HOST}:{settings.phone_port}"
        addresses = Addresses(f"http://{HOST}:{doors['ingest'].address[1]}", phone, {})
        playing = sample_player(
            settings, sample, servers, addresses, catalogue=catalogue, tell=history.append
        )
        player, stored = await stack.enter_async_context(playing)
        running = Installation(addresses, servers, supervisor, player, stored, catalogue, bots)
        found = Rollout(
            Harness(running, settings, history),
            programs,
            pods,
            doors,
            {one: secrets_of(values, servers.nats[one], databases[one]) for one in SERVICES},
            old,
        )
        for one in services:
            await asyncio.gather(*(found.start(one, old=old is not None) for _ in range(2)))
        await player.prepare()
        yield found


async def provision(pods: Pods, secrets: Mapping[str, str], tree: Path = releases.ROOT) -> None:
    """Do what the chart's hook does, told as its pod is, with the code of a tree."""
    told = pods.told("provision", secrets)
    await asyncio.to_thread(releases.run, tree, ["-m", "cli", *pods.arguments("provision")], told)
