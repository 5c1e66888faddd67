"""One request and one answer for every route, as the OpenAPI description shows them."""

from services.ingest.web.answers import Json

_DATA: Json = {
    "application_number": "AB-123456789",
    "document_type": "foreign_passport",
    "stage": "arrived",
    "office": "kyiv-1",
    "expected_at": "2026-02-14",
}
EVENT: Json = {
    "specversion": "1.0",
    "type": "docwatch.stage.v1",
    "source": "passports",
    "id": "0d8fe3a2",
    "time": "2026-01-31T10:00:00+02:00",
    "data": _DATA,
}
LINES = (
    '{"specversion":"1.0","type":"docwatch.stage.v1","source":"passports","id":"0d8fe3a3",'
    '"time":"2026-01-31T10:05:00+02:00","data":{"application_number":"1234567890",'
    '"document_type":"id_card","stage":"accepted"}}\n'
)
EVENTS_ANSWER: Json = {"accepted": 1, "duplicates": 0, "warnings": [], "rejected": []}
EVENTS_ANSWERS: Json = {
    "taken in": {"value": EVENTS_ANSWER},
    "one of two rejected": {
        "value": {
            **EVENTS_ANSWER,
            "rejected": [
                {"index": 1, "id": "e-2", "errors": [{"pointer": "/data/stage", "detail": "is required"}]}
            ],
        }
    },
}
RECEIPT: Json = {
    "receipt_id": "r-1001",
    "application_number": "AB-123456789",
    "document_type": "foreign_passport",
}
_AT = "2026-02-01T08:00:00Z"
_ISSUED: Json = {
    "receipt_id": "r-1001",
    "token": "abcdefghijklmnopqrstuv",
    "code": "0123456789ABC",
    "link": "https://docs.agency.example/r/abcdefghijklmnopqrstuv",
    "links": {
        "telegram": "https://t.me/docwatch_bot?start=abcdefghijklmnopqrstuv",
        "viber": "viber://pa?chatURI=docwatch&context=abcdefghijklmnopqrstuv",
    },
    "masked": "…6789",
    "created": True,
}
_AGAIN: Json = {**_ISSUED, "created": False}
_UNREACHED: Json = {
    "event_id": "0d8fe3a2",
    "receipt_id": "r-1001",
    "document_type": "foreign_passport",
    "stage": "arrived",
    "office": "kyiv-1",
    "end": "undeliverable",
    "reason": "blocked",
    "at": _AT,
}
_OUTCOME: Json = {
    "cursor": "ZjE6MTo0Mg",
    "kind": "effect",
    "event_id": "0d8fe3a2",
    "effect": "advance",
    "document_type": "foreign_passport",
    "stage": "arrived",
    "office": "kyiv-1",
    "problem": None,
    "reason": None,
    "notices": 2,
    "ends": None,
    "failed": 0,
    "call": None,
    "at": _AT,
}

ANSWERS: dict[tuple[str, str, str], object] = {
    ("get", "/v1/key", "200"): {
        "publisher": "passports",
        "name": "nightly export",
        "scopes": ["events:write", "outcomes:read"],
        "documents": None,
        "offices": None,
        "expires_at": "2027-01-01T00:00:00Z",
    },
    ("post", "/v1/receipts", "201"): _ISSUED,
    ("post", "/v1/receipts", "200"): {"receipts": [_AGAIN], "rejected": []},
    ("get", "/v1/receipts/{receipt_id}", "200"): _AGAIN,
    ("delete", "/v1/receipts/{receipt_id}", "200"): {
        "receipt_id": "r-1001",
        "revoked": True,
        "changed": True,
    },
    ("post", "/v1/receipts/{receipt_id}/reissue", "201"): {**_ISSUED, "code": "1123456789ABC"},
    ("get", "/v1/outcomes", "200"): {"outcomes": [_OUTCOME], "next": "ZjE6MTo0Mg", "more": False},
    ("get", "/v1/events/{event_id}", "200"): {
        "event_id": "0d8fe3a2",
        "effect": "advance",
        "document_type": "foreign_passport",
        "stage": "arrived",
        "office": "kyiv-1",
        "problem": None,
        "reason": None,
        "notices": 3,
        "reached": 1,
        "pending": 0,
        "ends": [
            {"end": "accepted", "reason": None, "notices": 1},
            {"end": "accepted", "reason": "failed", "notices": 1},
            {"end": "undeliverable", "reason": "blocked", "notices": 1},
        ],
        "at": _AT,
    },
    ("get", "/v1/unreached", "200"): {"unreached": [_UNREACHED], "next": 7},
    ("get", "/v1/appointments", "200"): {
        "appointments": [
            {
                "id": "5f2a7c1e-8d0b-4e53-9a4f-2b7d1c6e0f91",
                "office": "vinnytsia",
                "starts_at": "2026-02-03T08:20:00Z",
                "minutes": 20,
                "status": "booked",
                "code": "7KQ4M",
                "receipt_id": "r-1001",
                "document_type": "foreign_passport",
                "changed_at": _AT,
            }
        ],
        "next": None,
    },
}
"""By method, path and status."""

PARAMETERS: Json = {
    "receipt_id": "r-1001",
    "event_id": "0d8fe3a2",
    "limit": 100,
    "scale": 8,
    "language": "uk",
    "format": "json",
}
