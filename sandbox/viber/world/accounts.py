"""Who has an account in this messenger: everybody with a phone, from the moment anything is done with it."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from sandbox.viber.world.errors import RefusalError
from sandbox.viber.world.model import Account, AccountChanged, BotIdentity, Event, Json, Person, Webhook
from sandbox.viber.world.store import Store
from sandbox.viber.world.wire import user_id_of, user_json


class Accounts:
    """The accounts, in memory and written through to the store."""

    def __init__(
        self,
        bot: BotIdentity,
        store: Store,
        people: Callable[[int], Person],
        publish: Callable[[Event], None],
    ) -> None:
        """Take what it needs; `people` returns whose phone it is, or raises UnknownThingError."""
        self.bot = bot
        self.person = people
        self._store = store
        self._publish = publish
        self._accounts = {account.citizen_id: account for account in store.accounts()}
        self._by_user_id = {account.user_id: account.citizen_id for account in self._accounts.values()}

    def reset(self) -> None:
        """Forget everybody; the store is wiped by whoever calls this."""
        self._accounts.clear()
        self._by_user_id.clear()

    def __iter__(self) -> Iterator[Account]:
        return iter(self._accounts.values())

    def of(self, citizen_id: int) -> Account:
        """Return a citizen's account; raise UnknownThingError."""
        found = self._accounts.get(citizen_id)
        if found is None:
            self.person(citizen_id)
            found = Account(citizen_id, user_id_of(citizen_id, self.bot.uri))
            self._by_user_id[found.user_id] = citizen_id
            self._keep(found)
        return found

    def known_as(self, user_id: str) -> Account | None:
        """Return whose id this is, None where nobody's."""
        citizen_id = self._by_user_id.get(user_id)
        return None if citizen_id is None else self._accounts[citizen_id]

    def receiver(self, user_id: str) -> Account:
        """Return whose id this is; raise RefusalError where the bot may not write to them."""
        account = self.known_as(user_id)
        if account is None or not account.registered:
            raise RefusalError(5)
        if not account.subscribed:
            raise RefusalError(6)
        if not account.devices:
            raise RefusalError(11)
        return account

    def change(self, account: Account, **changed: object) -> Account:
        """Change an account and return it."""
        return self._keep(replace(account, **changed))  # type: ignore[arg-type]  # fields by their names

    def user_json(self, account: Account) -> Json:
        """Return who somebody is, as callbacks tell it."""
        return user_json(account, self.person(account.citizen_id), self._store.webhook or Webhook(""))

    def _keep(self, account: Account) -> Account:
        self._accounts[account.citizen_id] = account
        self._store.put_account(account)
        self._publish(AccountChanged(account))
        return account
