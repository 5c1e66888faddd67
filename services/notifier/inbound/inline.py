"""Updates whose answer is shown in the answer to their post, for nothing may be sent to that person yet."""

from collections.abc import Sequence

from runtime.database import sql
from services.notifier.conversation import planner, replies
from services.notifier.conversation.choices import fit
from services.notifier.conversation.handler import Handler
from services.notifier.domain.actions import Reply
from services.notifier.domain.addresses.ways import AskToJoin
from services.notifier.domain.incoming import Incoming
from services.notifier.domain.messages import Message

SQL = sql.load("services.notifier.conversation", "handler.sql")


async def shown(handler: Handler, incoming: Incoming) -> Sequence[Message]:
    """Return what to show: the same each time that it is posted, for nothing of the person is stored.

    What would need more than to look something up meets an apology.
    """
    person, known = await handler.meet(incoming)
    plan = planner.plan(incoming, known, handler.voice, handler.intents)
    handler.metrics.updates.labels(plan=type(plan).__name__.lower()).inc()
    answers = replies.apology(incoming, known, handler.voice)
    if isinstance(plan, Reply | AskToJoin):
        outcome = await handler.outcomes.of(plan, incoming, person, known)
        answers = replies.answer(plan, outcome, incoming, known, handler.voice)
    await handler.pool.execute(SQL["mark_handled"], handler.channel.name, incoming.number)
    return [answer.message for answer in fit(answers, handler.channel.capabilities).answers]
