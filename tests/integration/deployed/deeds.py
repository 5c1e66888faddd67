"""Everything that can be done on Docwatch's NATS, by name, and which service may do it: all else is refused.

The table is written by hand, apart from the code that the rights are made of, so that neither widens alone.
"""

from dataclasses import dataclass

from contracts import streams
from contracts.messages.rpc import RPC_PREFIX
from contracts.services import SERVICES

DESK_PREFIX = "docwatch.rpc.desk.v1"
CALLS = (
    *("issue", "revoke", "event", "unreached", "redeem", "status", "stop", "history", "share", "export"),
    *("calls", "calls_over", "ready", "receipts"),
)
OF_CITIZENS = ("slots", "book", "give_back", "wait", "own", "words")
AT_THE_DESK = (*OF_CITIZENS, "list")
STORED = tuple(subject for stream in streams.STREAMS for subject in stream.subjects if "*" not in subject)
DEAD = (
    *("stages", "notices", "deliveries", "questions", "calls"),
    *("talks", "replies", "appointments"),
)
SUBJECTS = (*STORED, *(f"docwatch.dead.v1.{one}" for one in DEAD))


@dataclass(frozen=True)
class Deed:
    """To send to a subject or, with `listen`, to listen to it, in a queue where one is named."""

    subject: str
    listen: bool = False
    queue: str = ""


def _deeds() -> dict[str, Deed]:
    found = {f"publish {one.removeprefix('docwatch.')}": Deed(one) for one in SUBJECTS}
    found |= {f"tap {one.removeprefix('docwatch.')}": Deed(one, listen=True) for one in SUBJECTS}
    for call in CALLS:
        found[f"ask {call}"] = Deed(f"{RPC_PREFIX}.{call}")
        found[f"answer {call}"] = Deed(f"{RPC_PREFIX}.{call}", listen=True, queue="tracker")
        found[f"overhear {call}"] = Deed(f"{RPC_PREFIX}.{call}", listen=True)
    for call in AT_THE_DESK:
        found[f"ask the desk {call}"] = Deed(f"{DESK_PREFIX}.{call}")
        found[f"answer at the desk {call}"] = Deed(f"{DESK_PREFIX}.{call}", listen=True, queue="desk")
        found[f"overhear the desk {call}"] = Deed(f"{DESK_PREFIX}.{call}", listen=True)
    found["be a publisher"] = Deed(f"{streams.EVENTS_SUBJECT}.passports")
    found["answer publishers"] = Deed(f"{streams.EVENTS_SUBJECT}.>", listen=True, queue="ingest")
    found["overhear publishers"] = Deed(f"{streams.EVENTS_SUBJECT}.>", listen=True)
    for owner in ("provision", *SERVICES):
        found[f"hear answers to {owner}"] = Deed(f"_INBOX_{owner}.>", listen=True)
        found[f"forge answers to {owner}"] = Deed(f"_INBOX_{owner}.x.1")
    for subject in (">", "docwatch.>", "_INBOX.>", "$JS.ACK.>", "$JS.API.>", "$JS.EVENT.>", "$SYS.>"):
        found[f"hear {subject}"] = Deed(subject, listen=True)
    found["list streams"] = Deed("$JS.API.STREAM.LIST")
    found["name streams"] = Deed("$JS.API.STREAM.NAMES")
    found["create a stream"] = Deed("$JS.API.STREAM.CREATE.NEW")
    for stream in streams.STREAMS:
        found |= _to_a_stream(stream.name)
    for bucket in streams.BUCKETS:
        found |= _to_a_stream(bucket.stream)
        found[f"look at {bucket.stream} somebody's"] = Deed(f"$JS.API.CONSUMER.INFO.{bucket.stream}.somebody")
        found[f"keep pace with {bucket.stream}"] = Deed(f"$JS.FC.{bucket.stream}.x.y")
        found[f"write into {bucket.name}"] = Deed(f"$KV.{bucket.name}.key")
        found[f"tap {bucket.name}"] = Deed(f"$KV.{bucket.name}.>", listen=True)
    for consumer in streams.CONSUMERS:
        name, whole = f"{consumer.stream} {consumer.durable}", f"{consumer.stream}.{consumer.durable}"
        found[f"look at {name}"] = Deed(f"$JS.API.CONSUMER.INFO.{whole}")
        found[f"pull {name}"] = Deed(f"$JS.API.CONSUMER.MSG.NEXT.{whole}")
        found[f"acknowledge {name}"] = Deed(f"$JS.ACK.{whole}.1.1.1.1700000000000000000.0")
        found[f"delete {name}"] = Deed(f"$JS.API.CONSUMER.DELETE.{whole}")
        found[f"change {name}"] = Deed(f"$JS.API.CONSUMER.DURABLE.CREATE.{whole}")
        found[f"pause {name}"] = Deed(f"$JS.API.CONSUMER.PAUSE.{whole}")
    return found


def _to_a_stream(name: str) -> dict[str, Deed]:
    verbs = ("UPDATE", "DELETE", "PURGE", "SNAPSHOT", "RESTORE", "MSG.DELETE", "LEADER.STEPDOWN")
    return {
        **{f"{verb.lower()} {name}": Deed(f"$JS.API.STREAM.{verb}.{name}") for verb in verbs},
        f"bring parts of {name}": Deed(f"$JS.SNAPSHOT.RESTORE.{name}.mine"),
        f"look at {name}": Deed(f"$JS.API.STREAM.INFO.{name}"),
        f"get from {name}": Deed(f"$JS.API.STREAM.MSG.GET.{name}"),
        f"get directly from {name}": Deed(f"$JS.API.DIRECT.GET.{name}"),
        f"browse {name}": Deed(f"$JS.API.CONSUMER.CREATE.{name}"),
        f"make a consumer of {name}": Deed(f"$JS.API.CONSUMER.CREATE.{name}.mine"),
        f"pull {name} somebody's": Deed(f"$JS.API.CONSUMER.MSG.NEXT.{name}.somebody"),
        f"delete {name} somebody's": Deed(f"$JS.API.CONSUMER.DELETE.{name}.somebody"),
    }


DEEDS = _deeds()

FOLLOWS_KNOWLEDGE = {
    *("look at KV_knowledge", "browse KV_knowledge", "keep pace with KV_knowledge"),
    *(f"{verb} KV_knowledge somebody's" for verb in ("look at", "pull", "delete")),
}

MAY: dict[str, set[str]] = {
    "ingest": {
        "publish stage.v1",
        *(f"ask {call}" for call in ("issue", "revoke", "event", "unreached", "receipts")),
        "ask the desk list",
        "answer publishers",
        "hear answers to ingest",
        *("look at STAGES", "look at OUTCOMES"),
        *("browse OUTCOMES", "pull OUTCOMES somebody's", "delete OUTCOMES somebody's"),
    },
    "tracker": {
        *(f"publish {one}.v1" for one in ("notice", "withdrawal", "outcome", "reach")),
        *("publish dead.v1.stages", "publish dead.v1.deliveries"),
        *("publish called.v1", "publish dead.v1.calls", "look at CALLS", "get from CALLS"),
        # What an operator replays of its dead letters.
        *(f"publish {one}.v1" for one in ("stage", "delivery", "forget", "call")),
        *(f"answer {call}" for call in CALLS),
        "hear answers to tracker",
        *(f"look at {stream}" for stream in ("STAGES", "NOTICES", "DELIVERIES", "OUTCOMES", "DEAD")),
        *(f"get from {stream}" for stream in ("STAGES", "DELIVERIES", "DEAD")),
        *(
            f"{verb} {consumer}"
            for verb in ("look at", "pull", "acknowledge")
            for consumer in (
                *("STAGES tracker", "DELIVERIES tracker-ledger", "DEAD tracker-letters"),
                "CALLS tracker-calls",
            )
        ),
    },
    "notifier": {
        *("publish delivery.v1", "publish forget.v1", "publish question.v1", "publish talk.v1"),
        *(f"publish dead.v1.{one}" for one in ("notices", "replies", "appointments")),
        *(f"ask {call}" for call in ("redeem", "status", "stop", "history", "share", "export")),
        *(f"ask the desk {call}" for call in OF_CITIZENS),
        "hear answers to notifier",
        *(f"look at {stream}" for stream in ("NOTICES", "DELIVERIES", "QUESTIONS", "DEAD")),
        *(f"look at {stream}" for stream in ("TALKS", "REPLIES", "APPOINTMENTS")),
        *(f"get from {stream}" for stream in ("NOTICES", "REPLIES", "APPOINTMENTS")),
        *(
            f"{verb} {consumer}"
            for verb in ("look at", "pull", "acknowledge")
            for consumer in ("NOTICES notifier", "REPLIES notifier", "APPOINTMENTS notifier-appointments")
        ),
        *FOLLOWS_KNOWLEDGE,
    },
    "desk": {
        *("write into knowledge", "publish reply.v1", "publish appointment.v1", "publish call.v1"),
        *(f"publish dead.v1.{one}" for one in ("questions", "talks", "appointments")),
        *("ask calls", "ask calls_over", "ask ready"),
        *(f"answer at the desk {call}" for call in AT_THE_DESK),
        "hear answers to desk",
        *(f"look at {stream}" for stream in ("QUESTIONS", "TALKS", "REPLIES", "CALLS", "DEAD")),
        *(f"look at {stream}" for stream in ("DELIVERIES", "APPOINTMENTS")),
        *(f"get from {stream}" for stream in ("QUESTIONS", "TALKS", "DELIVERIES")),
        *(
            f"{verb} {consumer}"
            for verb in ("look at", "pull", "acknowledge")
            for consumer in ("QUESTIONS desk", "TALKS desk", "DELIVERIES desk-forgets")
        ),
        *("look at KV_knowledge", "get from KV_knowledge"),
    },
}
