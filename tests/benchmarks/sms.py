"""Texts a second by SMS against plain aiohttp to the same simulator: `python -m tests.benchmarks.sms`.

The simulated provider is a process of its own, stores every text, and does the same for both sides.
"""

import argparse
import asyncio
from functools import partial

from runtime.embedded import ports
from sandbox.clients.telegram import sandbox_client
from tests.benchmarks.comparing import compare
from tests.benchmarks.kit import ROUNDS, Sample, in_turns, process, program
from tests.benchmarks.sms_sending import CITIZENS

COMMAND = "python -m tests.benchmarks.sms"
AT_ONCE = 50


async def main(chosen: argparse.Namespace) -> None:
    """Measure and print."""
    port = ports.pick("127.0.0.1")
    url = f"http://127.0.0.1:{port}"
    arguments = ("--port", str(port), "--global-rate", "0", "--chat-rate", "0")
    async with process("sandbox", *arguments, settings={}, url=f"{url}/phone/api/state"):
        async with sandbox_client(url) as phones:
            for number in range(CITIZENS):
                await phones.create_citizen(f"Citizen {number}")

        async def side(name: str, _: int) -> Sample:
            found = await program("sms_sending", name, url, str(chosen.texts), str(AT_ONCE))
            return Sample(chosen.texts, found["seconds"], {"caller": found["cpu"]})

        names = {"plain": "aiohttp alone", "channel": "the channel"}
        sides = {said: partial(side, name) for name, said in names.items()}
        found = await in_turns(sides, chosen.rounds)
    print(compare("SMS by a gateway", found, command=COMMAND, bar=0.5).markdown())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asyncio.run(main(parser.parse_args()))
