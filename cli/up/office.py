"""The sample agency's back office: its key to ingest, its receipts, its stage events."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cli.errors import CommandError
from cli.installation.local import write_secrets
from cli.publish.ingest_client import IngestClient
from cli.publish.rows import Row, as_event
from cli.up.player import Printed
from runtime.database.postgres import open_pool
from services.ingest.keys.api_keys import create_key

SAMPLE_PUBLISHER = "sample"
_KEY_NAME = "LOCAL_SAMPLE_KEY"


async def sample_key(database_url: str, folder: Path, values: Mapping[str, str]) -> str:
    """Return the sample agency's key to ingest, made on the first call and kept with the secrets."""
    if _KEY_NAME in values:
        return values[_KEY_NAME]
    async with open_pool(database_url, "ingest") as pool:
        _, secret = await create_key(pool, SAMPLE_PUBLISHER, name="the sample agency")
    write_secrets(folder, {**values, _KEY_NAME: secret})
    return secret


class Office:
    """Prints receipts and publishes stages through ingest, each until ingest has taken it."""

    def __init__(self, client: IngestClient, tell: Callable[[str], None]) -> None:
        self._client = client
        self._tell = tell

    async def print_receipts(self, receipts: Sequence[Mapping[str, object]]) -> Sequence[Printed]:
        """Issue receipts; CommandError where one is refused."""
        issued = await self._client.issue(receipts)
        if issued.rejected:
            raise CommandError(f"ingest refused a receipt of the sample: {issued.rejected[0]}")
        return [_printed(receipt) for receipt in issued.receipts]

    async def send(self, rows: Sequence[Mapping[str, object]]) -> None:
        """Publish stage events in batches until they are accepted; tells what was refused."""
        events = [as_event(Row(line, dict(row)), SAMPLE_PUBLISHER) for line, row in enumerate(rows, start=1)]
        answer = await self._client.publish(events)
        for refused in answer.rejected:
            self._tell(f"ingest refused an event of the sample: {refused}")


def _printed(receipt: Mapping[str, Any]) -> Printed:
    links: Mapping[str, str] = receipt["links"]
    # A release before the page with all channels does not say what the code holds: the first link.
    code_holds = receipt.get("link") or next(iter(links.values()), receipt["code"])
    return Printed(receipt["receipt_id"], code_holds, links, receipt["code"])
