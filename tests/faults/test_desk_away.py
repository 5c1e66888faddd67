"""The desk away, and what it published with it: people are told and answered as ever."""

import nats
import pytest

from contracts.catalogue import Catalogue
from contracts.messages.desk.question import QuestionKind
from contracts.streams import KNOWLEDGE, QUESTION_SUBJECT
from runtime.clock import SystemClock
from runtime.database.postgres import open_pool
from runtime.messaging.buckets import BucketWriter
from sandbox.clients.telegram import SandboxClient, sandbox_client
from services.desk.knowledge.answers import Answers
from tests.faults.evidence import collect, findings
from tests.faults.harness import Harness, harness, prepared
from tests.integration.desk.conftest import answer, question
from tests.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


async def _answered(phone: SandboxClient, catalogue: Catalogue) -> str:
    """Ask in a new chat what the agency's own base knows; return what is answered."""
    citizen = await phone.create_citizen("Олена", "uk")
    await phone.say(citizen, catalogue.answers["withdraw"].questions["uk"][0])

    async def said() -> str | None:
        texts = [one["text"] for one in await phone.messages(citizen) if one["from"] == "bot"]
        return texts[-1] if texts else None

    return await until(said, within=60)


async def _counted(stack: Harness) -> int:
    return await stack.count("SELECT coalesce(sum(count), 0) FROM desk.question_count")


async def test_the_desk_away_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a desk and without its bucket every push and every answer goes on; back, it catches up."""
    with prepared(monkeypatch):
        async with harness(applications=30, citizens=20) as stack:
            running = stack.running
            program = running.supervisor.programs["desk"]
            await running.supervisor.stop("desk")
            client = await nats.connect(running.servers.nats["provision"])
            await client.jetstream().delete_stream(KNOWLEDGE.stream)
            await stack.play()
            books = await stack.books()
            evidence = await collect(stack)
            assert running.addresses.phone is not None
            async with sandbox_client(running.addresses.phone) as phone:
                told = await _answered(phone, running.catalogue)
            await running.servers.provision()
            missed = [question(QuestionKind.MISSED, text="where is the cellar") for _ in range(20)]
            for one in missed:
                await client.jetstream().publish(QUESTION_SUBJECT, one.encoded())
            async with open_pool(running.servers.databases["desk"], "desk", size=2) as pool:
                await Answers(pool, SystemClock()).change({"cellar": answer("cellar")}, 0, "editor")
            await running.supervisor.start("desk", program.arguments, program.environment, program.log)
            bucket = BucketWriter(client, KNOWLEDGE)

            async def caught_up() -> bool:
                return "cellar" in await bucket.read() and await _counted(stack) >= len(missed)

            await until(caught_up, within=60)
            await client.close()

    assert "Заяву можна відкликати" in told
    assert books.problems() == [], stack.history
    assert findings(evidence) == [], stack.history
