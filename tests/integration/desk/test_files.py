"""Files of citizens on the staff's page: for whoever may answer, each look audited."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from contracts.messages.desk.talk import FILE, FILE_PART, FILE_QUERY, FilePart, SentFile, file_context
from runtime.clock import SystemClock
from runtime.database.outbox import Outbox
from runtime.database.postgres import Pool
from runtime.keyring import Sealed
from runtime.messaging.stream_writer import StreamWriter
from services.desk.conversations.files import Files
from services.desk.domain.viewers import Role
from services.desk.metrics import Metrics
from tests.conftest import Databases
from tests.integration.desk.pages_bench import Browser, DeskPages, desk_pages
from tests.integration.desk.people import KEYS, Desk, Talks
from tests.pictures import PDF, photo


@dataclass
class Notifier:
    """What the notifier has, by conversation and file; it answers over NATS."""

    kept: dict[tuple[UUID, UUID], Sealed] = field(default_factory=dict)
    asked: int = 0
    subscription: Subscription | None = None

    async def leave(self) -> None:
        """Answer nobody any more."""
        if self.subscription is not None:
            await self.subscription.unsubscribe()
        self.subscription = None

    async def answer(self, message: Msg) -> None:
        """Answer one question."""
        self.asked += 1
        asked = FILE_QUERY.validate_json(message.data)
        box = self.kept.get((asked.conversation_id, asked.file_id))
        part = FilePart()
        if box is not None:
            piece = box.box[asked.offset : asked.offset + FILE_PART]
            part = FilePart.of(box.key_id, len(box.box), piece)
        await message.respond(part.encoded())


@pytest.fixture
async def notifier(nats_client: Client) -> AsyncIterator[Notifier]:
    found = Notifier()
    found.subscription = await nats_client.subscribe(FILE, cb=found.answer)
    await nats_client.flush()
    yield found
    await found.leave()


@pytest.fixture
def desk(pool: Pool, nats_client: Client) -> Desk:
    return Desk(pool, Outbox(pool, StreamWriter(nats_client), SystemClock()))


@asynccontextmanager
async def pages_of(desk: Desk, databases: Databases, client: Client) -> AsyncIterator[DeskPages]:
    files = Files.of(client, KEYS, Metrics())
    async with desk_pages(
        desk.pool, databases.url("desk"), desk.conversations, answers=(), files=files
    ) as found:
        yield found


@pytest.fixture
async def pages(desk: Desk, databases: Databases, nats_client: Client) -> AsyncIterator[DeskPages]:
    async with pages_of(desk, databases, nats_client) as found:
        yield found


@pytest.fixture
async def olena(pages: DeskPages) -> AsyncIterator[Browser]:
    async with pages.browser(await pages.staff("Olena", "operator", "supervisor")) as found:
        yield found


async def sent(
    desk: Desk,
    notifier: Notifier,
    content: bytes,
    kind: str = "jpeg",
    *,
    kept: timedelta = timedelta(days=7),
) -> tuple[Talks, UUID]:
    """Have a citizen ask something and send a file."""
    talks, file_id = desk.talks(), uuid4()
    sealed = desk.texts.ring.seal(content, file_context(file_id))
    notifier.kept[talks.conversation_id, file_id] = sealed
    opened, said = talks.opened("is it good?"), talks.said("A photo, 0.1 MB")
    file = SentFile.model_validate(
        {"file_id": file_id, "type": kind, "size": len(content), "until": SystemClock().now() + kept}
    )
    await desk.take(opened, said.model_copy(update={"file": file}))
    return talks, file_id


def place(talks: Talks, file_id: UUID) -> str:
    """Where a file is."""
    return f"/conversations/{talks.conversation_id}/files/{file_id}"


async def looks(desk: Desk) -> list[UUID]:
    """The conversations of which somebody saw a file."""
    rows = await desk.pool.fetch("SELECT about FROM staff_audit WHERE what = 'file seen'")
    return [row["about"] for row in rows]


async def test_a_photo_is_shown_small_and_handed_out_as_a_file(
    desk: Desk, notifier: Notifier, olena: Browser
) -> None:
    """The page shows a picture; its bytes come as a file that runs nothing, by a name of ours."""
    content = photo(size=(1200, 900))
    talks, file_id = await sent(desk, notifier, content)

    page = await olena.get(f"/conversations/{talks.conversation_id}")
    file = await olena.get(place(talks, file_id))

    assert f'<img src="{place(talks, file_id)}"' in page.text
    assert "A photo, 0.1 MB" not in page.text
    assert content == file.content
    assert "image/jpeg" == file.headers["content-type"]
    assert f'attachment; filename="{file_id.hex[:8]}.jpg"' == file.headers["content-disposition"]
    assert "nosniff" == file.headers["x-content-type-options"]
    assert file.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert "no-store" == file.headers["cache-control"]
    assert [talks.conversation_id] == await looks(desk)


async def test_a_large_file_comes_in_parts(desk: Desk, notifier: Notifier, olena: Browser) -> None:
    """What is larger than one answer is put together."""
    content = PDF + bytes(2 * FILE_PART)
    talks, file_id = await sent(desk, notifier, content, "pdf")

    file = await olena.get(place(talks, file_id))

    assert (content, "application/pdf", 3) == (file.content, file.headers["content-type"], notifier.asked)


@pytest.mark.parametrize("role", ["editor", "caller", "clerk"])
async def test_who_answers_nobody_sees_no_file(
    desk: Desk, notifier: Notifier, pages: DeskPages, role: Role
) -> None:
    """A file is not there for those who may not read conversations; nobody asks the notifier for it."""
    talks, file_id = await sent(desk, notifier, photo())

    async with pages.browser(await pages.staff("Petro", role)) as petro:
        answer = await petro.get(place(talks, file_id))

    assert (404, 0, []) == (answer.status_code, notifier.asked, await looks(desk))


async def test_a_file_is_only_there_in_its_own_conversation(
    desk: Desk, notifier: Notifier, olena: Browser
) -> None:
    """The file of one conversation is not found under another, nor one that nobody sent."""
    _, file_id = await sent(desk, notifier, photo())
    other, _ = await sent(desk, notifier, photo())

    answers = [await olena.get(place(other, one)) for one in (file_id, uuid4())]

    assert ([404, 404], 0, []) == ([one.status_code for one in answers], notifier.asked, await looks(desk))


async def test_a_file_that_is_too_old_is_named_and_gone(
    desk: Desk, notifier: Notifier, olena: Browser
) -> None:
    """After its days a file is said to be erased, and is not asked for."""
    talks, file_id = await sent(desk, notifier, photo(), kept=timedelta(seconds=-1))

    page = await olena.get(f"/conversations/{talks.conversation_id}")
    answer = await olena.get(place(talks, file_id))

    assert "A file that is erased by now." in page.text
    assert (404, 0) == (answer.status_code, notifier.asked)


async def test_who_is_forgotten_leaves_no_trace_of_a_file(
    desk: Desk, notifier: Notifier, olena: Browser
) -> None:
    """With the citizen's words goes what was known of their files."""
    talks, file_id = await sent(desk, notifier, photo())

    await desk.take(talks.forgotten())

    assert 404 == (await olena.get(place(talks, file_id))).status_code
    assert 0 == await desk.pool.fetchval("SELECT count(*) FROM sent_file")


async def test_what_the_notifier_lost_or_somebody_changed_is_gone(
    desk: Desk, notifier: Notifier, olena: Browser
) -> None:
    """Bytes that do not open as this very file are not handed out."""
    talks, file_id = await sent(desk, notifier, photo())
    key = talks.conversation_id, file_id
    good = notifier.kept[key]
    notifier.kept[key] = Sealed(good.key_id, good.box[:-1] + bytes([good.box[-1] ^ 1]))
    changed = await olena.get(place(talks, file_id))
    del notifier.kept[key]
    lost = await olena.get(place(talks, file_id))

    assert (404, 404) == (changed.status_code, lost.status_code)


async def test_without_the_notifier_the_words_are_there(
    desk: Desk, notifier: Notifier, olena: Browser
) -> None:
    """Where nobody hands files out the conversation is read all the same, and the file can be had later."""
    talks, file_id = await sent(desk, Notifier(), photo())
    notifier.kept.clear()
    await notifier.leave()

    page = await olena.get(f"/conversations/{talks.conversation_id}")
    file = await olena.get(place(talks, file_id))

    assert (200, 503) == (page.status_code, file.status_code)
    assert "is it good?" in page.text
