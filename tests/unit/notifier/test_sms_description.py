"""The description of a gateway: what it may say, and how each mistake in it is told."""

from pathlib import Path
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.clock import SystemClock
from sandbox.sms.description import description
from services.notifier.channels.sms.description import DescriptionError, load_description
from services.notifier.channels.sms.opening import SECRETS
from services.notifier.channels.sms.pointers import found_at, text_at
from services.notifier.channels.sms.posts import posts_of
from services.notifier.channels.sms.templates import PLACES, TemplateError, Value, filler
from services.notifier.domain.incoming import DeliveryReceipt

KEYS = {
    "DOCWATCH_SMS_KEY": "key-of-ours",
    "DOCWATCH_SMS_WEBHOOK_SECRET": "s" * 32,
    "DOCWATCH_SMS_SIGNING_KEY": "signing-key-of-ours",
}
EXAMPLES = sorted((Path(__file__).parents[3] / "deploy" / "sms").glob("*.yaml"))
GOOD = description("http://127.0.0.1:8090")


def told(tmp_path: Path, text: str, secrets: dict[str, str] | None = None) -> str:
    """Return what is said of a description that is not fit."""
    file = tmp_path / "gateway.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(DescriptionError) as error:
        posts_of("https://a", load_description(file, secrets or KEYS), secrets or KEYS, SystemClock())
    return str(error.value)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_the_examples_are_fit(file: Path) -> None:
    """What operators are given to begin with can be used as it is, and names all that can be described."""
    found = load_description(file, KEYS)

    assert found.receipts is not None
    assert found.texts is not None
    assert posts_of("https://docs.agency.example", found, KEYS, SystemClock()) is not None


def test_there_is_an_example_of_each_form() -> None:
    """One provider takes JSON, another a form."""
    assert ({"json", "form"}, 2) == (
        {"form" if load_description(file, KEYS).form else "json" for file in EXAMPLES},
        len(EXAMPLES),
    )


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("url: http://127", "url: ftp://127", "gateway.yaml:2: url: must be like https://"),
        (
            "url: http://127.0.0.1:8090",
            "url: http://sms.example",
            "gateway.yaml:2: url: is http:// to another",
        ),
        ("url: http://127", "url: http://me:pass@127", "gateway.yaml:2: url: must be like https://"),
        ("/sms/v1/messages", "/sms?key={key}", "gateway.yaml:2: url: must hold nothing but the address"),
        (
            "Bearer ${DOCWATCH_SMS_KEY}",
            "Bearer 1234",
            "gateway.yaml:4: headers.Authorization: must name a secret",
        ),
        (
            "${DOCWATCH_SMS_KEY}",
            "${DOCWATCH_PEPPER}",
            "names ${DOCWATCH_PEPPER}; the secrets are DOCWATCH_SMS_KEY",
        ),
        ('"{number}"', '"{phone}"', "gateway.yaml:5: json: names {phone}; there are {number}"),
        ('"text": "{text}", ', "", "gateway.yaml:5: json: does not say where {text} stands"),
        ('"to": "{number}",', '"to": "{number}"', "gateway.yaml:5: json: is not JSON:"),
        ("rate: 30", "rate: many", "rate: must be a number, not 'many'"),
        ("rate: 30", "rate: 30\nspeed: 3", "speed: is not a known key"),
        ("id: /message/id", "id: message.id", "answer.id: must be a JSON pointer, such as /messages/0/id"),
        ("permanent: [bad_text", "permanent: [bad_key", "errors: gives one code two meanings"),
        ("rate: 30", "rate: 30\nform: {to: x}", "json: is one way to write the body, form the other"),
        ("rate: 30", "rate: 30\nrate: 31", "rate: is given twice; the first is on line"),
        ("rate: 30", "rate: 30\nidempotent: true", ""),
        ("posts:\n", "answer:\n", "answer: is given twice"),
        ("  number: /to\n", "", "receipts: must say where number or key stands"),
        ("\n", "\n- x\n", "is not YAML"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    """Each complaint names file, line, path and what to do."""
    assert old in GOOD
    changed = GOOD.replace(old, new, 1)
    if not complaint:
        (tmp_path / "gateway.yaml").write_text(changed)
        assert load_description(tmp_path / "gateway.yaml", KEYS).idempotent
        return

    assert complaint in told(tmp_path, changed)


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    """A missing file, a secret that is not set, one that can be guessed: each is named, none is shown."""
    with pytest.raises(DescriptionError, match="cannot be read"):
        load_description(tmp_path / "none.yaml", KEYS)
    unset = told(tmp_path, GOOD, {**KEYS, "DOCWATCH_SMS_KEY": ""})
    short = told(tmp_path, GOOD, {**KEYS, "DOCWATCH_SMS_WEBHOOK_SECRET": "short"})

    assert "gateway.yaml:4: headers.Authorization: names ${DOCWATCH_SMS_KEY}, which is not set" in unset
    assert "posts.secret: must be 22 to 128 of A-Z a-z 0-9 _ -" in short
    assert "short" not in short
    assert "posts: is missing" in told(
        tmp_path, GOOD[: GOOD.index("posts:")] + GOOD[GOOD.index("receipts:") :]
    )


def test_no_complaint_shows_what_may_be_a_secret(tmp_path: Path) -> None:
    """Whoever writes a secret out is told so without it."""
    for old in (
        "Bearer ${DOCWATCH_SMS_KEY}",
        "${DOCWATCH_SMS_WEBHOOK_SECRET}",
        "${DOCWATCH_SMS_SIGNING_KEY}",
    ):
        for new in ("hunter2-hunter2", "[hunter2-hunter2]", "{hunter2-hunter2: hunter2-hunter2}"):
            assert "hunter2" not in told(tmp_path, GOOD.replace(old, new, 1)).replace(
                "hunter2-hunter2: is", ""
            )


def test_a_receipt_may_name_our_key_alone(tmp_path: Path) -> None:
    """Whose text it was says the number, or the key that came back; what is no key says nothing."""
    file = tmp_path / "gateway.yaml"
    file.write_text(GOOD.replace("  number: /to\n", "  key: /reference\n"), "utf-8")
    posts = posts_of("https://a", load_description(file, KEYS), KEYS, SystemClock())
    assert posts is not None
    keys = [str(UUID(int=7)), "7", "", None]
    told = [{"id": "a", "status": "DELIVRD", "reference": key} for key in keys]

    (found,) = posts.read(orjson.dumps({"receipts": told}))

    assert ("", DeliveryReceipt("a", "delivered", delivery=UUID(int=7))) == (found.address, found.body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=20,
)


@given(st.text(max_size=100), st.text(max_size=30))
def test_what_is_filled_in_stays_what_it_is(text: str, key: str) -> None:
    """No text, whatever it holds, fills in anything or becomes more than a text."""
    values: dict[str, Value] = {place: f"<{place}>" for place in PLACES}
    values |= {"text": text, "key": key, "unicode": True}

    filled = filler({"a": ["{text}", "x{key}{number}"], "{text}": "{unicode}", "n": 7}, {})(values)

    assert {"a": [text, f"x{key}<number>"], "{text}": True, "n": 7} == filled


@given(JSON, st.text(max_size=40))
def test_any_tree_is_filled_or_refused(tree: object, secret: str) -> None:
    """A template of any shape fills in, or names what there is not."""
    try:
        fill = filler(tree, dict.fromkeys(SECRETS, secret))  # type: ignore[arg-type]  # any JSON
    except TemplateError:
        return
    fill(dict.fromkeys(PLACES, ""))


@given(JSON, st.text(alphabet="/~01ab", max_size=20))
def test_nothing_is_found_where_nothing_stands(tree: object, pointer: str) -> None:
    """Any pointer into anything finds a part of it or nothing, and a text is never endless."""
    found_at(tree, pointer)
    text = text_at(tree, pointer)
    assert text is None or 0 < len(text) <= 4000


def test_pointers_are_those_of_the_standard() -> None:
    """Members, elements, escapes; the whole for the empty one."""
    document = {"a": [{"b/c": 1, "d~e": "x"}], "": True}

    assert [document, 1, "x", None, None] == [
        found_at(document, one) for one in ("", "/a/0/b~1c", "/a/0/d~0e", "/a/1", "/a/0/b/c")
    ]
    assert (None, "1") == (text_at(document, "/"), text_at(document, "/a/0/b~1c"))
