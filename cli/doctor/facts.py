"""What the doctor knows when it judges: plain values, gathered once, secrets already reduced to faults."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cli.doctor.channel_facts import BotFact, MailFact, SmsFact


@dataclass(frozen=True)
class SecretFact:
    """One secret by its setting's name: whether it is given, what is wrong with it, never its value.

    `spare`: all but what it is for works without it.
    """

    name: str
    given: bool
    fault: str | None = None
    fingerprint: str | None = None
    """The same for the same value; tells that one key serves two purposes."""
    key_ids: tuple[str, ...] = ()
    spare: bool = False


@dataclass(frozen=True)
class SecretsFile:
    """The file with this machine's secrets, or its folder; `mode` holds the permission bits."""

    path: str
    mode: int


@dataclass(frozen=True)
class StreamFact:
    """One stream: its size and limit in bytes, its copies, how many of those are not in step."""

    name: str
    bytes: int
    max_bytes: int
    messages: int
    replicas: int = 1
    lagging: int = 0


@dataclass(frozen=True)
class LoginFact:
    """What a service's login may do on NATS beyond its need, and what it lacks, as "publish SUBJECT"."""

    service: str
    user: str | None
    error: str | None = None
    too_much: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True)
class NatsFact:
    """NATS as this account sees it; `error` says why nothing else is known.

    `remote`: it is on another machine; `encrypted`: by TLS, and `certificate_days` how long the first
    certificate to end is good; `anonymous`: it lets in whoever has no password; `user`: this account's name.
    `sync_always` comes from the monitor and is None without one.
    """

    error: str | None = None
    remote: bool = False
    encrypted: bool = False
    certificate_days: float | None = None
    anonymous: bool = False
    user: str | None = None
    logins: tuple[LoginFact, ...] = ()
    version: tuple[int, ...] = ()
    jetstream_error: str | None = None
    clustered: bool = False
    drift: tuple[str, ...] = ()
    streams: tuple[StreamFact, ...] = ()
    sync_always: bool | None = None


@dataclass(frozen=True)
class DatabaseFact:
    """PostgreSQL as one login sees it; `error` says why nothing else is known.

    `schemas` maps each schema this login is for to what it lacks; `settings` are the server's by name;
    `remote` and `encrypted` are as with NATS; `endless_keys` are publishers with API keys that never expire;
    `shared_by_history` are (owner, publisher, applications) where two wrote before owners were kept;
    `set_aside` counts open messages that took no effect by what became of them;
    `clock_ahead` is the server's clock less ours in seconds, `round_trip` what one question takes.
    `hosts` counts those that the address names, and `any_host` that it takes whichever answers; `no_primary`:
    each that answers is a standby; `pooler`: what a pooler in between says to a session of a service;
    `deaf`: notifications do not come through; `file_bytes`: what files of citizens take, None if not seen.
    """

    login: str
    error: str | None = None
    hosts: int = 1
    any_host: bool = False
    no_primary: bool = False
    pooler: bool = False
    deaf: bool = False
    version: int = 0
    settings: Mapping[str, str] | None = None
    remote: bool = False
    encrypted: bool = False
    superuser: bool = False
    endless_keys: tuple[str, ...] = ()
    set_aside: Mapping[str, int] | None = None
    shared_by_history: tuple[tuple[str, str, int], ...] = ()
    standby: bool = False
    connections: int = 0
    schemas: Mapping[str, "SchemaFact"] | None = None
    sealed_under: tuple[str, ...] = ()
    people: "PeopleFact | None" = None
    file_bytes: int | None = None
    clock_ahead: float = 0.0
    round_trip: float = 0.0


@dataclass(frozen=True)
class PeopleFact:
    """Conversations with people: unanswered after the promised time, and without a beginning that is known.

    `staff` counts those who have an account; `sealed_under` are the ids of the keys of what was said.
    """

    broken: int = 0
    unopened: int = 0
    staff: int = 0
    sealed_under: tuple[str, ...] = ()


@dataclass(frozen=True)
class SchemaFact:
    """What one schema lacks; `foreign` are migrations that this version does not know."""

    missing: bool = False
    pending: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()


@dataclass(frozen=True)
class CatalogueFact:
    """The catalogue: its problems, or by account the bot's name that receipts and links publish.

    `staffed`: people of the agency answer citizens; `takes_files`: these may send them files.
    """

    path: str
    problems: tuple[str, ...] = ()
    bots: Mapping[str, str] = field(default_factory=dict)
    sample: bool = False
    staffed: bool = False
    takes_files: bool = False


@dataclass(frozen=True)
class DiskFact:
    """Bytes of the file system that holds the data."""

    path: str
    free: int
    total: int


@dataclass(frozen=True)
class ServiceFact:
    """One service's `/readyz`: None as `error` where it answered; `problems` by check.

    `elsewhere` says that nobody told where it is, so that its silence here may be meant.
    """

    name: str
    url: str
    elsewhere: bool = False
    error: str | None = None
    problems: Mapping[str, str] | None = None


@dataclass(frozen=True)
class DoorFact:
    """Where back offices come in: whether `encrypted` by TLS, whether `open` to other machines."""

    url: str
    encrypted: bool
    open: bool


@dataclass(frozen=True)
class EdgeFact:
    """The public edge as a browser sees it; `error` says why nothing else is known.

    `local`: its address is this machine's own; `other_page`: what answers is not the page with the channels
    of the catalogue, of which there are none with `no_channels`; `stored`: caches may keep it. `no_page`: the
    catalogue has the channel `web`, and the citizens' own page does not answer.
    """

    url: str
    encrypted: bool
    local: bool = False
    no_channels: bool = False
    error: str | None = None
    other_page: bool = False
    stored: bool = False
    no_page: bool = False


@dataclass(frozen=True)
class StaffDoorFact:
    """The staff's door as a browser sees it; `error` says why nothing else is known.

    `other_page`: what answers is not our sign-in; `headers`: some of what must come with it is lost on the
    way.
    """

    url: str
    error: str | None = None
    other_page: bool = False
    headers: bool = False


@dataclass(frozen=True)
class Facts:
    """Everything the checks look at; None or empty where there is nothing to look at.

    `unserved` are accounts that the catalogue offers and no credential is given for. `files_room` are the
    bytes that files of citizens may take.
    """

    settings_faults: Sequence[str] = ()
    secrets: Sequence[SecretFact] = ()
    secrets_file: SecretsFile | None = None
    data_folder: SecretsFile | None = None
    nothing_runs: str | None = None
    nats: NatsFact | None = None
    databases: Sequence[DatabaseFact] = ()
    pool_size: int = 8
    bots: Sequence[BotFact] = ()
    unserved: Sequence[str] = ()
    files_room: int = 0
    catalogue: CatalogueFact | None = None
    disk: DiskFact | None = None
    services: Sequence[ServiceFact] = ()
    door: DoorFact | None = None
    edge: EdgeFact | None = None
    staff_door: StaffDoorFact | None = None
    mail: Sequence[MailFact] = ()
    texts: SmsFact | None = None
