"""The peer's door: events are kept in PostgreSQL, each once, and a task is queued for each new one."""

import os
from datetime import datetime

from fastapi import FastAPI
from psycopg_pool import ConnectionPool
from pydantic import BaseModel

from tests.benchmarks.peer.tasks import tell

app = FastAPI()
pool = ConnectionPool(os.environ["PEER_DATABASE_URL"], open=True)
KEEP = """
INSERT INTO event (source, name, number, document, stage, happened_at)
VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING id
"""


class Data(BaseModel):
    """What an event says."""

    application_number: str
    document_type: str
    stage: str


class Event(BaseModel):
    """The envelope of an event."""

    id: str
    source: str
    time: datetime
    data: Data


@app.get("/")
def ready() -> dict[str, bool]:
    """Answer whoever asks whether it runs."""
    return {"ready": True}


@app.post("/v1/events", status_code=202)
def take(body: Event | list[Event]) -> dict[str, int]:
    """Keep what is posted, and answer."""
    events = body if isinstance(body, list) else [body]
    rows = [
        (one.source, one.id, one.data.application_number, one.data.document_type, one.data.stage, one.time)
        for one in events
    ]
    fresh: list[int] = []
    with pool.connection() as connection, connection.cursor() as cursor:
        cursor.executemany(KEEP, rows, returning=True)
        for result in cursor.results():
            fresh += [number for (number,) in result]
    for number in fresh:
        tell.delay(number)
    return {"accepted": len(fresh)}
