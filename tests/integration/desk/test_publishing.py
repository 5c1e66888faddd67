"""The bucket is what the database says, whatever became of it."""

import pytest
from nats.aio.client import Client

from cli.installation.provisioning import provision_streams
from contracts.knowledge import Answer
from contracts.streams import KNOWLEDGE
from runtime.clock import SystemClock
from runtime.messaging.buckets import BucketWriter, ConflictError
from services.desk.knowledge.answers import Answers
from services.desk.knowledge.publishing import Publishing
from services.desk.metrics import Metrics
from tests.integration.desk.conftest import answer, told


@pytest.fixture
def publishing(answers: Answers, bucket: BucketWriter) -> Publishing:
    return Publishing(answers, bucket, SystemClock(), Metrics())


async def _release(answers: Answers, *changes: Answer | None, names: tuple[str, ...] = ()) -> None:
    ids = [one.id for one in changes if one is not None] or names
    await answers.change(dict(zip(ids, changes, strict=True)), await answers.revision(), "editor")


async def test_each_change_is_in_the_bucket(
    answers: Answers, bucket: BucketWriter, publishing: Publishing
) -> None:
    """A released answer is told with its version, a further one with a higher, a dropped one no more."""
    await _release(answers, answer("fee"), answer("hours"))
    first = await publishing.once(), await told(bucket)
    await _release(answers, answer("fee", topic="money"))
    second = await publishing.once(), await told(bucket)
    await _release(answers, None, names=("hours",))
    third = await publishing.once(), await told(bucket)

    assert (2, {"fee": answer("fee", version=1), "hours": answer("hours", version=1)}) == first
    assert (
        1,
        {"fee": answer("fee", topic="money", version=2), "hours": answer("hours", version=1)},
    ) == second
    assert (1, {"fee": answer("fee", topic="money", version=2)}) == third


async def test_nothing_is_written_where_nothing_differs(
    answers: Answers, bucket: BucketWriter, publishing: Publishing
) -> None:
    """A look at two equal sides writes nothing, also by a process that has just begun."""
    await _release(answers, answer())
    await publishing.once()
    before = await bucket.mark()
    again = await publishing.once(), await publishing.once()
    anew = await Publishing(answers, bucket, SystemClock(), Metrics()).once()

    assert ((0, 0), 0) == (again, anew)
    assert before == await bucket.mark()


@pytest.mark.parametrize("harm", ["emptied", "made anew", "deleted", "overwritten", "added to"])
async def test_whatever_became_of_the_bucket_is_mended(
    answers: Answers,
    bucket: BucketWriter,
    publishing: Publishing,
    nats_client: Client,
    *,
    nats_url: str,
    harm: str,
) -> None:
    """After the next look the bucket holds what the database says, and nothing else."""
    await _release(answers, answer("fee"), answer("hours"))
    await publishing.once()
    await publishing.once()
    js = nats_client.jetstream()
    match harm:
        case "emptied":
            await js.purge_stream(KNOWLEDGE.stream)
        case "made anew":
            await js.delete_stream(KNOWLEDGE.stream)
            await provision_streams(nats_url)
        case "deleted":
            await js.publish("$KV.knowledge.fee", headers={"KV-Operation": "DEL"})
        case "overwritten":
            await js.publish("$KV.knowledge.fee", answer("fee", topic="foreign").encoded())
        case "added to":
            await js.publish("$KV.knowledge.mine", answer("mine").encoded())
        case _:
            pytest.fail(harm)
    harmed = await told(bucket)
    await publishing.once()

    wanted = {"fee": answer("fee", version=1), "hours": answer("hours", version=1)}
    assert wanted != harmed
    assert wanted == await told(bucket)


async def test_a_writer_that_fell_behind_undoes_nothing(bucket: BucketWriter) -> None:
    """Who writes upon a revision that is not the last one is refused, and what the other wrote stays."""
    await bucket.write("fee", b"old", 0)
    revision = (await bucket.read())["fee"].revision
    await bucket.write("fee", b"new", revision)

    with pytest.raises(ConflictError):
        await bucket.write("fee", b"late", revision)
    with pytest.raises(ConflictError):
        await bucket.write("fee", b"later", 0)
    with pytest.raises(ConflictError):
        await bucket.write("fee", None, revision)
    assert b"new" == (await bucket.read())["fee"].value


async def test_many_answers_are_published(
    answers: Answers, bucket: BucketWriter, publishing: Publishing
) -> None:
    """A thousand and more answers come through, none of them twice."""
    many = [answer(f"answer_{number}") for number in range(1_200)]
    await _release(answers, *many)

    assert 1_200 == await publishing.once()
    assert {one.id for one in many} == set(await told(bucket))
    assert 0 == await publishing.once()
