"""What can be attached to a message, as the Bot API's JSON describes it."""

from sandbox.pictures import Picture
from sandbox.telegram.world.files import Files
from sandbox.telegram.world.model import Attachment, Citizen, Json, StoredFile

_STICKER_SIDE = 512
# Enough for a file that nobody listens to or looks at.
_SILENCE = b"OggS" + bytes(60)
_STICKER = b"RIFF" + bytes(60)


def file_json(file: StoredFile) -> Json:
    """Return what every file object of the Bot API has."""
    return {"file_id": file.file_id, "file_unique_id": file.unique_id, "file_size": len(file.data)}


def photo_of(files: Files, pictures: list[Picture]) -> Attachment:
    """Return a photo as its sizes, smallest first."""
    kept = [files.keep("photos", "photo.jpg", "image/jpeg", picture.data) for picture in pictures]
    return Attachment(
        "photo",
        [
            file_json(file) | {"width": picture.width, "height": picture.height}
            for file, picture in zip(kept, pictures, strict=True)
        ],
    )


def document_of(file: StoredFile) -> Attachment:
    """Return a file that is sent as it is."""
    return Attachment("document", {"file_name": file.name, "mime_type": file.mime} | file_json(file))


def sticker_of(files: Files, emoji: str) -> Attachment:
    """Return a sticker."""
    file = files.keep("stickers", "sticker.webp", "image/webp", _STICKER)
    kind = {"type": "regular", "is_animated": False, "is_video": False, "emoji": emoji}
    return Attachment("sticker", kind | {"width": _STICKER_SIDE, "height": _STICKER_SIDE} | file_json(file))


def voice_of(files: Files, seconds: int) -> Attachment:
    """Return a voice message, a silent one."""
    file = files.keep("voice", "voice.oga", "audio/ogg", _SILENCE)
    return Attachment("voice", {"duration": seconds, "mime_type": file.mime} | file_json(file))


def own_contact(citizen: Citizen, phone_number: str) -> Attachment:
    """Return what the messenger sends when somebody shares their own number."""
    body = {
        "phone_number": phone_number,
        "first_name": citizen.name,
        "user_id": citizen.citizen_id,
    }
    return Attachment("contact", body)


def contact_of(phone_number: str, name: str, forwarded_from: str | None) -> Attachment:
    """Return somebody else's contact, perhaps forwarded from another chat."""
    return Attachment("contact", {"phone_number": phone_number, "first_name": name}, forwarded_from)


def location_of(latitude: float, longitude: float) -> Attachment:
    """Return a place."""
    return Attachment("location", {"latitude": latitude, "longitude": longitude})
