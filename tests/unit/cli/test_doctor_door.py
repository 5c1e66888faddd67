"""Where the doctor sees that back offices come in."""

import socket
from typing import Any

import pytest

from cli.doctor.gathering.gather import _door
from cli.installation.settings import InstallationSettings

NAMES = {"ingest": "172.18.0.7", "office.example": "203.0.113.7", "ingest.example": "9.9.9.9"}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, (False, False)),
        ({"host": "localhost"}, (False, False)),
        ({"host": "0.0.0.0"}, (False, True)),  # noqa: S104 - what the doctor is to see
        ({"host": "::"}, (False, True)),
        ({"host": "9.9.9.9"}, (False, True)),
        ({"host": "192.168.1.4"}, (False, True)),
        ({"host": "0.0.0.0", "ingest_url": "http://ingest:8080"}, (False, False)),  # noqa: S104 - the same
        ({"host": "0.0.0.0", "ingest_url": "http://ingest.example"}, (False, True)),  # noqa: S104 - the same
        ({"host": "0.0.0.0", "ingest_url": "https://ingest.example"}, (True, True)),  # noqa: S104 - the same
        ({"ingest_url": "http://nowhere.example"}, None),
    ],
)
def test_a_door_is_judged_by_where_it_stands(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], expected: tuple[bool, bool] | None
) -> None:
    """A listener is open unless on loopback; an address that was said is, where it is a public one."""
    by_address = socket.getaddrinfo

    def known(host: str, *rest: Any, **options: Any) -> Any:  # noqa: ANN401 - whatever the original takes
        if host.endswith(".example") and host not in NAMES:
            raise socket.gaierror
        return by_address(NAMES.get(host, host), *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", known)
    found = _door(InstallationSettings(_env_file=None, **settings))

    assert expected == (None if found is None else (found.encrypted, found.open))
