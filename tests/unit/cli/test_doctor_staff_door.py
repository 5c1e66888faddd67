"""What the doctor sees of the staff's door, asked as a browser asks."""

import aiohttp
import pytest
from starlette.responses import PlainTextResponse

from cli.doctor.checks import diagnose
from cli.doctor.edge import look_at_staff_door
from cli.doctor.facts import Facts, StaffDoorFact
from services.desk.door.headers import security
from tests.attacks.wire import HOST, listening

PAGE = '<link rel="stylesheet" href="/static/0123/door/door.css">'
HEADERS = security(secure=True)
BARE = {name: value for name, value in HEADERS.items() if name != "Content-Security-Policy"}
KEPT = {**HEADERS, "Cache-Control": "max-age=60"}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (PlainTextResponse(PAGE, headers=dict(HEADERS)), (False, False)),
        (PlainTextResponse(PAGE, headers=BARE), (False, True)),
        (PlainTextResponse(PAGE, headers=KEPT), (False, True)),
        (PlainTextResponse("hello", headers=dict(HEADERS)), (True, False)),
        (PlainTextResponse(PAGE, 404, headers=dict(HEADERS)), (True, False)),
    ],
    ids=["ours", "without a policy", "kept", "another site", "nothing there"],
)
async def test_the_door_must_be_ours_and_whole(
    answer: PlainTextResponse, expected: tuple[bool, bool]
) -> None:
    """Another page than our sign-in, or ours without what protects it, is told."""
    async with listening(answer) as listener, aiohttp.ClientSession() as client:
        found = await look_at_staff_door(f"http://{HOST}:{listener.port}", client)

    assert expected == (found.other_page, found.headers)


@pytest.mark.parametrize(
    ("fact", "codes"),
    [
        (StaffDoorFact("https://desk.example"), []),
        (StaffDoorFact("https://desk.example", error="TimeoutError"), ["unreachable"]),
        (StaffDoorFact("https://desk.example", other_page=True), ["other-page"]),
        (StaffDoorFact("https://desk.example", headers=True), ["headers"]),
    ],
)
def test_each_fault_of_the_door_is_a_finding(fact: StaffDoorFact, codes: list[str]) -> None:
    """What is wrong with the door is found once, and nothing where all is well."""
    found = [one.code for one in diagnose(Facts(staff_door=fact)) if one.area == "staff"]

    assert codes == found
