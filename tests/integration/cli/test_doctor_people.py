"""The doctor's look at real conversations with people: keys of what was said, room for files."""

from cli.doctor.checks import diagnose
from cli.doctor.gathering.gather import gather
from runtime.clock import SystemClock
from tests.integration.cli.test_doctor import Ward, ward

__all__ = ["ward"]


async def test_a_lost_key_of_conversations_is_found(ward: Ward) -> None:
    """What was said under a key that is not in the ring is found before any of the staff meets it."""
    settings = ward.settings(database_url=ward.databases.url("desk"), conversation_keys=f"1:{'ab' * 32}")
    await ward.execute(
        "INSERT INTO desk.conversation (conversation_id) VALUES ('00000000-0000-0000-0000-000000000001')"
    )
    await ward.execute(
        "INSERT INTO desk.utterance (utterance_id, conversation_id, by_staff, number, at, key, box) VALUES"
        " (gen_random_uuid(), '00000000-0000-0000-0000-000000000001', false, 1, now(), '9', 'x')"
    )
    found = diagnose(await gather(settings, SystemClock()))

    assert ["lost-key"] == [one.code for one in found if one.area == "people" and one.code != "nobody"]


async def test_little_room_for_files_is_found(ward: Ward) -> None:
    """What citizens' files take is measured against FILES_ROOM where the catalogue lets them send any."""
    settings = ward.settings(database_url=ward.databases.url("notifier"), files_room=1)
    before = await gather(settings, SystemClock())
    await ward.execute(
        "INSERT INTO notifier.recipient (id, channel, lookup, address, key_id, heard_at) VALUES"
        " ('00000000-0000-0000-0000-000000000001', 'telegram', decode(repeat('ab', 32), 'hex'), 'x', '1',"
        " now())"
    )
    await ward.execute(
        "INSERT INTO notifier.handover (conversation_id, recipient_id, address_id, language, state, said)"
        " VALUES ('00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-000000000001',"
        " gen_random_uuid(), 'uk', 'open', 1)"
    )
    await ward.execute(
        "INSERT INTO notifier.handover_file (id, conversation_id, size, key_id, box, kept_until) VALUES"
        " (gen_random_uuid(), '00000000-0000-0000-0000-000000000002', 900000, '1', 'x',"
        " now() + interval '1 day')"
    )
    after = await gather(settings, SystemClock())

    assert [(0, 2**20), (900000, 2**20)] == [
        (one.databases[0].file_bytes, one.files_room) for one in (before, after)
    ]
