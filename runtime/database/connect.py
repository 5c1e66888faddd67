"""Connections to a database that fails over: the primary is found, and what is doubtful is dropped.

Where a command is cut off, by its deadline or a cancellation, the connection is dropped and the server is not
asked to cancel. A commit that waits for a synchronous standby would be ended by such a question, and be seen
by everybody while a failover can still undo it; left alone it stays unseen until the standby has it.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast
from urllib.parse import urlsplit

import asyncpg

M = TypeVar("M", bound=Callable[..., Any])

if TYPE_CHECKING:
    Base: TypeAlias = asyncpg.Connection[asyncpg.Record]
else:
    # The class takes no parameters at run time.
    Base = asyncpg.Connection

NEXT_SECONDS = 0.3
"""How long a host may be silent before the next is asked as well."""

_CUT_OFF = (TimeoutError, asyncio.CancelledError)
_NOT_PRIMARY = (asyncpg.ReadOnlySQLTransactionError, asyncpg.OperatorInterventionError)


def _doubtful(error: BaseException) -> bool:
    """Tell whether a connection is of no more use after this: cut off, going down, or not the primary's."""
    if isinstance(error, asyncpg.QueryCanceledError):
        return False
    return isinstance(error, (*_CUT_OFF, *_NOT_PRIMARY))


def _dropping(method: M) -> M:
    @wraps(method)
    async def run(connection: Base, *args: object, **options: object) -> object:
        try:
            return await method(connection, *args, **options)
        except BaseException as error:  # cancellation too: it leaves a connection in doubt
            if _doubtful(error):
                connection.terminate()
            raise

    return cast("M", run)


class DroppedInDoubt(Base):
    """A connection that never goes back to a pool after a command that was cut off or met no primary."""

    __slots__ = ()

    execute = _dropping(Base.execute)
    executemany = _dropping(Base.executemany)
    fetch = _dropping(Base.fetch)
    fetchval = _dropping(Base.fetchval)
    fetchrow = _dropping(Base.fetchrow)


def each_host(url: str) -> list[str]:
    """Return an address for each host that an address names before its path; an unreadable one as it is."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return [url]
    login, at, hosts = parts.netloc.rpartition("@")
    return [parts._replace(netloc=f"{login}{at}{host}").geturl() for host in hosts.split(",")]


async def connect(url: str, **options: Any) -> Base:  # noqa: ANN401 - the library's own options
    """Connect to the first of an address's hosts that answers and is of the kind it asks for.

    A host that is silent holds up nobody: `timeout` is each host's own, and the next is asked meanwhile.
    Raises what the library raises; of several errors the one that waiting will not mend.
    """
    options.setdefault("connection_class", DroppedInDoubt)
    todo, errors = deque(each_host(url)), list[BaseException]()
    asked = set[asyncio.Task[Base]]()
    try:
        while todo or asked:
            if todo:
                asked.add(asyncio.create_task(asyncpg.connect(todo.popleft(), **options)))
            done, _ = await asyncio.wait(
                asked, timeout=NEXT_SECONDS if todo else None, return_when=asyncio.FIRST_COMPLETED
            )
            for attempt in done:
                error = attempt.exception()
                if error is None:
                    asked.discard(attempt)
                    return attempt.result()
                asked.discard(attempt)
                errors.append(error)
    finally:
        for attempt in asked:
            _give_up(attempt)
    raise _worst(errors)


def _give_up(asked: "asyncio.Task[Base]") -> None:
    """End an attempt that nobody waits for, whether it has ended or not."""

    def drop(ended: "asyncio.Task[Base]") -> None:
        if not ended.cancelled() and ended.exception() is None:
            ended.result().terminate()

    asked.cancel()
    asked.add_done_callback(drop)


def _worst(errors: Sequence[BaseException]) -> BaseException:
    """Return what a server refuses, such as a wrong password; else that it is a standby; else any error."""
    passing = (asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError)
    refusals = [
        error
        for error in errors
        if isinstance(error, asyncpg.PostgresError) and not isinstance(error, passing)
    ]
    standbys = [error for error in errors if isinstance(error, asyncpg.TargetServerAttributeNotMatched)]
    return [*refusals, *standbys, *errors][0]
