"""What ingest must be told, besides what every service must."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from contracts.channels import TELEGRAM, VIBER
from contracts.links import PublicUrl
from contracts.services import INGEST
from runtime.settings import RuntimeSettings


class IngestSettings(RuntimeSettings):
    """Keys are hex, at least 32 bytes.

    `telegram_bot` and `viber_bot` replace the catalogue's names of the bots.
    With `public_url`, the outer address of the notifier's public edge, receipts lead to its page.

    `key_rate` is how many events (or other requests, or KiB where that is more) a second each publisher
    may send to each process, or to all workers of one together. `ingest_workers` processes share
    `ingest_port`; each has a port of its own for operators, the first `ingest_ops_port`, the others those
    after it (0 takes free ones). With `ingest_docs` the description at `/docs` is public, too.
    `outcome_days` how long outcomes can be read. `callback_private` lets callbacks go to http:// and to
    addresses that are not public: for a sandbox, or back offices in the same network. `native_publishers`
    lets publishers send over NATS, under credentials of their own.
    """

    pepper: SecretStr
    receipt_key: SecretStr
    public_url: PublicUrl | None = None
    ingest_port: Annotated[int, Field(ge=0, le=65535)] = INGEST.public_port
    ingest_workers: Annotated[int, Field(ge=1, le=64)] = 1
    ingest_ops_port: Annotated[int, Field(ge=0, le=65471)] = INGEST.ops_port
    ingest_docs: bool = False
    telegram_bot: Annotated[str, AfterValidator(TELEGRAM.named)] | None = None
    viber_bot: Annotated[str, AfterValidator(VIBER.named)] | None = None
    key_rate: Annotated[float, Field(gt=0)] = 20_000
    publish_wait: Annotated[float, Field(gt=0, le=60)] = 5.0
    outcome_days: Annotated[int, Field(ge=30)] = 90
    callback_private: bool = False
    native_publishers: bool = False
