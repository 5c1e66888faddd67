"""What a bot wants to say: text, parse mode, entities, inline keyboard, checked as Telegram checks them."""

from typing import Any
from urllib.parse import urlsplit

from sandbox.telegram.api.html import parse_html
from sandbox.telegram.api.params import Params, sound
from sandbox.telegram.world.errors import bad_request
from sandbox.telegram.world.files import Files
from sandbox.telegram.world.model import Button, Content, Entity, Keyboard, StoredFile
from sandbox.telegram.world.text import cleaned, in_order, trimmed, utf16_length, with_found

LONGEST_TEXT = 4096
LONGEST_CAPTION = 1024
LONGEST_DATA = 64
MOST_BUTTONS = 100
_LINK_SCHEMES = frozenset({"http", "https", "tg"})
_FORMATS = frozenset(
    {"bold", "italic", "underline", "strikethrough", "spoiler", "code", "pre", "text_link", "blockquote"}
)


def read_content(params: Params) -> Content:
    """Return the message that the parameters describe; raise ApiError (400) where they do not."""
    text, entities = _read_text(params, "text", "entities")
    if not text:
        raise bad_request("message text is empty")
    if utf16_length(text) > LONGEST_TEXT:
        raise bad_request("message is too long")
    return Content(
        text=text,
        entities=entities,
        keyboard=read_keyboard(params),
        protected=params.flag("protect_content"),
    )


def read_caption(params: Params) -> tuple[str, tuple[Entity, ...]]:
    """Return the caption of a file and its entities, both empty where there is none; raise ApiError (400)."""
    text, entities = _read_text(params, "caption", "caption_entities")
    if utf16_length(text) > LONGEST_CAPTION:
        raise bad_request("message caption is too long")
    return text, entities


def read_file(params: Params, name: str, files: Files) -> StoredFile:
    """Return the file that a parameter brings along or names by its id; raise ApiError (400)."""
    given = params.text(name)
    uploaded = params.upload(given.removeprefix("attach://") if given.startswith("attach://") else name)
    if uploaded is not None:
        if not uploaded.data:
            raise bad_request("file must be non-empty")
        return files.keep(f"{name}s", uploaded.name, uploaded.mime, uploaded.data)
    if not given:
        raise bad_request(f"there is no {name} in the request")
    stored = files.find(given)
    if stored is None:
        raise bad_request("wrong remote file identifier specified: can't unserialize it. Wrong last symbol")
    return stored


def _read_text(params: Params, name: str, marks: str) -> tuple[str, tuple[Entity, ...]]:
    source = params.text(name)
    if not source.strip():
        return "", ()
    mode = params.text("parse_mode").lower()
    if mode == "html":
        text, entities = parse_html(source)
    elif mode in {"", "none"}:
        text, entities = source, _read_entities(params, marks)
    else:
        raise bad_request("unsupported parse_mode")
    text, entities = trimmed(cleaned(text), entities)
    return text, in_order(with_found(text, entities))


def read_keyboard(params: Params) -> Keyboard:
    """Return the inline keyboard, empty where there is none or one of another kind; raise ApiError (400)."""
    markup = params.value("reply_markup", "can't parse reply keyboard markup JSON object")
    if markup is None:
        return ()
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    rows = markup.get("inline_keyboard", [])
    if not isinstance(rows, list) or any(not isinstance(row, list) for row in rows):
        raise bad_request('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    keyboard = tuple(tuple(_read_button(button) for button in row) for row in rows if row)
    if sum(len(row) for row in keyboard) > MOST_BUTTONS:
        raise bad_request("reply markup is too long")
    return keyboard


def _read_button(button: Any) -> Button:  # noqa: ANN401  # whatever the bot sent
    if not isinstance(button, dict):
        raise bad_request("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
    text = button.get("text")
    if not isinstance(text, str):
        raise bad_request('can\'t parse inline keyboard button: field "text" must be of type String')
    if not text.strip():
        raise bad_request("can't parse inline keyboard button: button text must not be empty")
    text, data, url = sound(text), button.get("callback_data"), button.get("url")
    if isinstance(url, str):
        if not _is_link(sound(url)):
            raise bad_request(f"inline keyboard button URL '{url}' is invalid: Unsupported URL protocol")
        return Button(text=text, url=url)
    if not isinstance(data, str):
        raise bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    if not 1 <= len(sound(data).encode()) <= LONGEST_DATA:
        raise bad_request("BUTTON_DATA_INVALID")
    return Button(text=text, data=data)


def _is_link(url: str) -> bool:
    try:
        return urlsplit(url).scheme in _LINK_SCHEMES
    except ValueError:
        return False


def _read_entities(params: Params, name: str) -> tuple[Entity, ...]:
    given = params.value(name, "can't parse message entities JSON object") or []
    if not isinstance(given, list):
        raise bad_request("can't parse message entities: expected an Array")
    try:
        return in_order(
            Entity(
                entity["type"],
                int(entity["offset"]),
                int(entity["length"]),
                entity.get("url"),
                entity.get("language"),
            )
            for entity in given
            if entity["type"] in _FORMATS
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        raise bad_request("can't parse MessageEntity") from None
