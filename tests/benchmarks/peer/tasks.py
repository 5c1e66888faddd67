"""The peer's worker: state and messages in PostgreSQL, one call to the messenger after the other."""

import asyncio
import os

import psycopg
from celery import Celery
from celery.signals import worker_process_init
from telegram import Bot

app = Celery("peer", broker=os.environ["PEER_REDIS_URL"])
MOVE = """
UPDATE application a SET stage = e.stage, changed_at = e.happened_at
FROM event e WHERE e.id = %s AND a.number = e.number AND coalesce(a.changed_at, '-infinity') <= e.happened_at
RETURNING e.number, e.document, e.stage, e.happened_at
"""
STORE = """
INSERT INTO message (event, chat) SELECT %s, chat FROM follower WHERE number = %s ON CONFLICT DO NOTHING
RETURNING id, chat
"""
END = "UPDATE message SET state = 'sent', reference = %s, sent_at = now() WHERE id = %s"


class Worker:
    """What a process of the pool keeps: its connection, its loop and its bot."""

    def __init__(self) -> None:
        self.database = psycopg.connect(os.environ["PEER_DATABASE_URL"])
        self.loop = asyncio.new_event_loop()
        self.bot = Bot(os.environ["PEER_TOKEN"], base_url=f"{os.environ['PEER_MESSENGER']}/bot")
        self.loop.run_until_complete(self.bot.initialize())


workers: list[Worker] = []


@worker_process_init.connect
def begin(**_: object) -> None:
    """Connect each process of the pool on its own."""
    workers.append(Worker())


@app.task
def tell(event: int) -> None:
    """Move the application and tell everybody who follows it."""
    (worker,) = workers
    with worker.database.transaction():
        moved = worker.database.execute(MOVE, (event,)).fetchone()
        messages = [] if moved is None else worker.database.execute(STORE, (event, moved[0])).fetchall()
    for message, chat in messages:
        text = worded(*moved)
        sent = worker.loop.run_until_complete(worker.bot.send_message(chat, text, parse_mode="HTML"))
        with worker.database.transaction():
            worker.database.execute(END, (sent.message_id, message))


def worded(number: str, document: str, stage: str, happened_at: object) -> str:
    """Return what a citizen reads."""
    lines = (
        f"<b>{document}</b>, No. …{number[-4:]}",
        f"<b>{stage}</b>",
        "The details have been checked. Your document is being made.",
        "The finished document will be sent to the office. There is no need to come yet.",
        f"As of {happened_at}",
    )
    return "\n\n".join(lines)
