"""A desktop that shows notifications: a bus of our own, on which Chromium finds a notification server."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from jeepney import (  # type: ignore[import-untyped]  # it has no types
    DBusAddress,
    HeaderFields,
    Message,
    MessageType,
    new_method_return,
    new_signal,
)
from jeepney.bus_messages import message_bus  # type: ignore[import-untyped]  # the same
from jeepney.io.asyncio import (  # type: ignore[import-untyped]  # the same
    DBusConnection,
    open_dbus_connection,
)

HOW_TO_INSTALL = "this test needs D-Bus: apt-get install dbus"
NAME = "org.freedesktop.Notifications"
_PLACE = DBusAddress("/org/freedesktop/Notifications", bus_name=NAME, interface=NAME)


@dataclass(frozen=True)
class Notification:
    """What a person sees: `number` is the server's, `body` begins with whose page it is."""

    number: int
    title: str
    body: str


@dataclass
class Desktop:
    """The notification server; `address` is the bus's, for `DBUS_SESSION_BUS_ADDRESS`."""

    address: str
    connection: DBusConnection
    shown: "asyncio.Queue[Notification]" = field(default_factory=asyncio.Queue)
    count: int = 0

    async def tap(self, notification: Notification) -> None:
        """Tap a notification, as a person does."""
        await self._signal("ActionInvoked", "us", (notification.number, "default"))

    async def serve(self) -> None:
        """Answer until cancelled."""
        answers: dict[str, Callable[[Any], tuple[str, tuple[object, ...]]]] = {
            "GetCapabilities": lambda _: ("as", (["actions", "body", "body-markup", "persistence"],)),
            "GetServerInformation": lambda _: ("ssss", ("desktop", "tests", "1", "1.2")),
            "Notify": self._notify,
            "CloseNotification": lambda _: ("", ()),
        }
        while True:
            message = await self.connection.receive()
            if message.header.message_type is not MessageType.method_call:
                continue
            member = message.header.fields.get(HeaderFields.member, "")
            answer = answers.get(member)
            if answer is not None:
                signature, body = answer(message.body)
                await self._send(new_method_return(message, signature or None, body))

    def _notify(self, body: Any) -> tuple[str, tuple[object, ...]]:  # noqa: ANN401 - what D-Bus brings
        _, replaces, _, title, text, *_ = body
        if not replaces:
            self.count += 1
        number = replaces or self.count
        self.shown.put_nowait(Notification(number, title, text))
        return "u", (number,)

    async def _signal(self, name: str, signature: str, body: tuple[object, ...]) -> None:
        await self._send(new_signal(_PLACE, name, signature, body))

    async def _send(self, message: Message) -> None:
        await self.connection.send(message)


@asynccontextmanager
async def desktop() -> AsyncIterator[Desktop]:
    """Run a bus with a notification server for the length of the block."""
    program = shutil.which("dbus-daemon")
    if program is None:
        pytest.fail(HOW_TO_INSTALL, pytrace=False)
    process = await asyncio.create_subprocess_exec(
        program,
        "--session",
        "--nofork",
        "--nopidfile",
        "--print-address",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        address = (await process.stdout.readline()).decode().strip()
        connection = await open_dbus_connection(bus=address)
        await connection.send(message_bus.RequestName(NAME), serial=None)
        found = Desktop(address, connection)
        serving = asyncio.create_task(found.serve())
        try:
            yield found
        finally:
            serving.cancel()
            with suppress(asyncio.CancelledError):
                await serving
            await connection.close()
    finally:
        process.terminate()
        await process.wait()
