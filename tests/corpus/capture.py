"""The bytes of every message that the code at hand can send, and whether it can read another version's.

`python -m tests.corpus.capture write FOLDER` makes a file for each kind of message, one message a line, just
as it goes over the wire; `read FOLDER` decodes such files and exits with 1 where it cannot. For another
version run this file by its path, with PYTHONPATH naming that version's tree: it needs nothing else of this.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from contracts.export import MESSAGES

Json = Any
FORMATS = {
    "date-time": "2026-03-02T10:15:30.250000Z",
    "date": "2026-03-09",
    "uuid": "5c0e8a3e-7d42-4f7e-9c55-0d6f1f0b9a11",
    "base64": "eyJ2ZXJzaW9uIjoxfQ==",
}
PATTERNS = {
    r"^[0-9a-f]{64}$": "0123456789abcdef" * 4,
    r"^[A-Za-z0-9_-]{22}$": "AbCdEfGhIjKlMnOpQr_-09",
    r"^[0-9A-HJKMNP-TV-Z]{13}$": "7ZK2M4P0QX9BW",
    r"^[A-Za-z0-9][A-Za-z0-9_.:-]*$": "id_card",
    r"^[a-z0-9_]{1,40}$": "fee",
}
WORDS = "№ 12/3, «їх»"
"""Invented, in no more than 16 characters where they are counted, and not plain ASCII."""


def adapters() -> dict[str, TypeAdapter[Any]]:
    """Return what reads each kind of message: those between services, and the bodies of callbacks."""
    found: dict[str, TypeAdapter[Any]] = dict(MESSAGES)
    try:
        from services.ingest.callbacks.delivery import OutcomesMessage  # noqa: PLC0415 - the first version has none
    except ImportError:
        return found
    return {**found, "callback.v1": TypeAdapter(OutcomesMessage)}


def encoded(name: str, adapter: TypeAdapter[Any], message: object) -> bytes:
    """Return the bytes that go over the wire; only receivers outside are told of what is not set."""
    return adapter.dump_json(message, exclude_none=name != "callback.v1")


def sent(name: str, adapter: TypeAdapter[Any], message: object) -> Iterator[bytes]:
    """Yield a message in each way in which it is sent: ingest leaves out what a publisher did not say."""
    yield encoded(name, adapter, message)
    if name == "stage.v1":
        yield adapter.dump_json(message, exclude_none=True, exclude_unset=True)


def capture(folder: Path) -> None:
    """Write `NAME.jsonl` for every kind of message; ValueError where none can be made of a kind."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, adapter in adapters().items():
        lines = dict.fromkeys(line for one in messages(adapter) for line in sent(name, adapter, one))
        if not lines:
            raise ValueError(f"{name}: no message can be made from its schema")
        (folder / f"{name}.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))


def messages(adapter: TypeAdapter[Any]) -> Iterator[object]:
    """Yield messages that hold every choice of every field: with all that may be set, and with the least."""
    schema = adapter.json_schema()
    for value in _values(schema, schema.get("$defs", {})):
        for chosen in (value, _least(adapter, value)):
            if (message := _valid(adapter, chosen)) is not None:
                yield message


def _valid(adapter: TypeAdapter[Any], value: Json) -> object | None:
    try:
        found: object = adapter.validate_json(json.dumps(value))
    except ValidationError:
        return None
    return found


def _least(adapter: TypeAdapter[Any], value: Json) -> Json:
    for field in tuple(value):
        fewer = {name: one for name, one in value.items() if name != field}
        if field not in {"result", "version"} and _valid(adapter, fewer) is not None:
            value = fewer
    return value


def _values(schema: Mapping[str, Json], known: Mapping[str, Json]) -> list[Json]:
    """Return examples of a schema that hold each of its choices at least once."""
    match schema:
        case {"$ref": str(name)}:
            return _values(known[name.rpartition("/")[2]], known)
        case {"anyOf": list(choices)} | {"oneOf": list(choices)}:
            return [one for choice in choices if choice != {"type": "null"} for one in _values(choice, known)]
        case {"properties": dict(fields)}:
            return _rows({name: _values(field, known) for name, field in fields.items()})
        case {"additionalProperties": dict(values)}:
            names = _values(schema.get("propertyNames", {"enum": ["uk"]}), known)
            return [dict.fromkeys(names, one) for one in _values(values, known)]
        case {"items": items}:
            return [_values(items, known)]
        case _:
            return _plain(schema)


def _plain(schema: Mapping[str, Json]) -> list[Json]:
    match schema:
        case {"const": one}:
            return [one]
        case {"enum": list(choices)}:
            return choices
        case {"type": "boolean"}:
            return [True, False]
        case {"type": "integer"}:
            return [max(3, schema.get("minimum", 3))]
        case {"type": "string"}:
            return [FORMATS.get(schema.get("format", "")) or PATTERNS.get(schema.get("pattern", "")) or WORDS]
        case _:
            raise ValueError(f"no example is known for {schema}")


def _rows(choices: Mapping[str, Sequence[Json]]) -> list[Json]:
    longest = max((len(values) for values in choices.values()), default=1)
    return [
        {name: values[number % len(values)] for name, values in choices.items()} for number in range(longest)
    ]


def stored(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield kind and bytes of every message in a folder."""
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_bytes().splitlines():
            yield path.stem, line


def unreadable(folder: Path) -> list[str]:
    """Return a sentence for each message that cannot be decoded; kinds not known here do not count."""
    known, found = adapters(), list[str]()
    for name, line in stored(folder):
        if name in known:
            try:
                known[name].validate_json(line)
            except ValidationError as error:
                found.append(f"{name}: {line.decode()} cannot be read: {error}")
    return found


def main(command: str, folder: str) -> int:
    """Write a folder or read it; return the exit status."""
    if command == "write":
        capture(Path(folder))
        return 0
    found = unreadable(Path(folder))
    sys.stdout.write("".join(f"{sentence}\n" for sentence in found))
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
