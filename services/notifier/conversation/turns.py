"""One turn of the conversation, and what it changes about who took part."""

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.messages.desk.appointments import Booked, GivenBack
from contracts.messages.ids import RecipientId
from contracts.messages.rpc import Refused, Stopped
from services.notifier.delivery.news import drop_reminders
from services.notifier.delivery.store import Store, Unit
from services.notifier.domain.actions import Action, Follow, Note, Outbound, Outcome, Reply, StopFollowing
from services.notifier.domain.addresses.ways import AddWay, Invitations
from services.notifier.domain.appointments import Appoint
from services.notifier.domain.handover import Desk, Handed
from services.notifier.domain.incoming import Incoming
from services.notifier.domain.preferences import Setting
from services.notifier.recipients import conversations, routes
from services.notifier.recipients.addresses import Recipient, Recipients


@dataclass(frozen=True)
class Turn:
    """Who did what, what came of it, and what they are answered.

    `note` is what became of a question, `desk` what they were about with people when it began, `letters` are
    for their mailbox.
    """

    incoming: Incoming
    person: Recipient | None
    action: Action
    outcome: Outcome | None
    answers: Sequence[Outbound]
    note: Note | None = None
    desk: Desk | None = None
    letters: Sequence[Outbound] = ()


async def keep(unit: Unit, turn: Turn, recipient: RecipientId, store: Store, recipients: Recipients) -> None:
    """Store what the turn changed about a recipient, and what they are asked to type next."""
    connection, preferences = unit.connection, recipients.preferences
    match turn.action:
        case setting if isinstance(setting, Setting):
            await preferences.store(connection, recipient, setting)
        case AddWay() if isinstance(turn.outcome, Invitations) and turn.person is not None:
            secrets, at = turn.outcome.secrets.values(), turn.person.address_id
            await routes.invite(connection, recipient, secrets, at=at)
        case StopFollowing(subscription) if isinstance(turn.outcome, Stopped):
            await preferences.forget_names(connection, recipient, subscription)
            await store.let_rest(unit, recipient, subscription)
        case Appoint(subscription=subscription) if isinstance(turn.outcome, Booked | GivenBack):
            await drop_reminders(unit, recipient, subscription)
        case Follow() if isinstance(turn.outcome, Refused):
            # An unanswered redeem may have worked, so only a refusal takes the consent back.
            await recipients.take_consent_back(connection, recipient, turn.incoming.number)
        case _:
            pass
    awaits = turn.action.awaits if isinstance(turn.action, Reply) else None
    if awaits is not None or (turn.person is not None and turn.person.awaits is not None):
        await preferences.expect(connection, recipient, awaits)
    typing = None if turn.desk is None else turn.desk.typing
    if typing is not None and turn.outcome not in (Handed("asked"), Handed("rated")):
        await conversations.expect_nothing(connection, recipient)
