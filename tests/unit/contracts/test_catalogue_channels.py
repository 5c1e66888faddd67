import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from contracts.catalogue import Agency, CatalogueError, ChannelTerms, load_catalogue
from contracts.channels import CHANNELS
from sandbox.agency import CATALOGUE

TELEGRAM = "    - {channel: telegram, name: docwatch_sample_bot}\n"
VIBER = "    - {channel: viber, name: docwatchsample, monthly_paid: 100000}\n"
WEB = "    - {channel: web}\n"
EMAIL = "    - {channel: email, name: documents@agency.example}\n"
SMS = "    - {channel: sms, name: DocService, monthly_paid: 50000}\n"
LISTED = f"  channels:\n{TELEGRAM}{VIBER}{WEB}{EMAIL}{SMS}"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CATALOGUE, tmp_path / "catalogue"))


def _edit(source: Path, file: str, old: str, new: str) -> int:
    """Replace the first occurrence and return the line, from 1, on which it stood."""
    path = source / file
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text.count("\n", 0, text.index(old)) + 1


def _agency(source: Path, channels: str) -> Agency:
    _edit(source, "agency.yaml", LISTED, channels)
    return load_catalogue(source).agency


def test_channels_keep_the_order_of_the_file(copy: Path) -> None:
    """Accounts stand in the agency's order, each with its own terms."""
    second = "    - {channel: telegram, account: second, name: example_new_bot}\n"
    costly = "    - {channel: viber, name: exampledocs, carries: actionable, monthly_paid: 5000}\n"

    agency = _agency(copy, f"  channels:\n{costly}{TELEGRAM}{second}")

    assert ["viber", "telegram", "telegram.second"] == [one.account_name for one in agency.channels]
    assert (
        ChannelTerms(channel="viber", name="exampledocs", carries="actionable", monthly_paid=5000)
        == (agency.channels[0])
    )
    assert "example_new_bot" == agency.public_name("telegram.second")
    assert agency.channel("telegram.third") is None
    assert ["viber", "telegram"] == [one.account_name for one in agency.offered]


def test_bots_of_before_are_channels(copy: Path) -> None:
    """A mapping from a channel to its bot's name means these channels in that order, on the usual terms."""
    usual = "    - {channel: viber, name: docwatchsample}\n"
    listed = _agency(copy, f"  channels:\n{usual}{TELEGRAM}")
    _edit(copy, "agency.yaml", f"  channels:\n{usual}{TELEGRAM}", LISTED)

    before = _agency(copy, "  bots:\n    viber: docwatchsample\n    telegram: docwatch_sample_bot\n")

    assert listed == before


def test_an_agency_may_have_no_channel(copy: Path) -> None:
    """Without channels the agency is fit, and nobody is offered one."""
    agency = _agency(copy, "")

    assert () == agency.channels == agency.offered


@pytest.mark.parametrize(
    ("channels", "line", "path", "detail"),
    [
        ("  channels:\n    - {channel: signal, name: x}\n", 1, "channels.0.channel", "telegram, viber"),
        ("  channels:\n    - {channel: telegram, name: '@docs'}\n", 1, "channels.0.name", "without @"),
        ("  channels:\n    - {channel: telegram, name: docs}\n", 1, "channels.0.name", "5 to 32 letters"),
        ("  channels:\n    - {channel: viber, name: a b}\n", 1, "channels.0.name", "chatURI"),
        ("  channels:\n    - {channel: viber}\n", 1, "channels.0.name", "is not"),
        ("  channels:\n    - {channel: viber, name: x, carries: most}\n", 1, "channels.0.carries", "all"),
        ("  channels:\n    - {channel: viber, name: x, account: A.b}\n", 1, "channels.0.account", "form"),
        (f"  channels:\n{VIBER}{VIBER}", 2, "channels.1", "viber is there already"),
        (
            f"  channels:\n{TELEGRAM}    - {{channel: telegram, account: two, name: Docwatch_Sample_Bot}}\n",
            2,
            "channels.1.name",
            "'Docwatch_Sample_Bot' is there already",
        ),
        (
            "  channels:\n    - {channel: telegram, name: some_bot, monthly_paid: 5}\n",
            1,
            "channels.0.monthly_paid",
            "messages by Telegram cost nothing",
        ),
        ("  channels: telegram\n", 0, "channels", "must be a list"),
        ("  bots: [telegram]\n", 0, "bots", "must be a mapping"),
        ("  bots:\n    viber: docs\n    telegram: no\n", 2, "bots.telegram", "5 to 32 letters"),
        ("  bots:\n    signal: docs\n", 1, "bots.signal", "'signal' is not a channel"),
        (f"  bots: {{viber: docs}}\n{LISTED}", 0, "bots", "keep channels alone"),
    ],
)
def test_a_wrong_channel_is_told_with_its_line(
    copy: Path, channels: str, line: int, path: str, detail: str
) -> None:
    """Every mistake in a channel names its file, line and path, and what would be right."""
    start = _edit(copy, "agency.yaml", LISTED, channels)

    with pytest.raises(CatalogueError) as caught:
        load_catalogue(copy)

    problem = caught.value.problems[0]
    assert ("agency.yaml", start + line, f"agency.{path}") == (problem.file, problem.line, problem.path)
    assert detail in problem.detail


@pytest.mark.parametrize(
    ("written", "span"),
    [
        ("6 h", timedelta(hours=6)),
        ("30 min", timedelta(minutes=30)),
        ("2d", timedelta(days=2)),
        ("719 h", timedelta(hours=719)),
    ],
)
def test_a_stage_says_how_long_to_wait_for_a_delivery_receipt(
    copy: Path, written: str, span: timedelta
) -> None:
    """A stage's time span is read with its unit; a stage that has none waits for nothing."""
    _edit(copy, "stages.yaml", "6 h\n    ttl_hours: 720", f"{written}\n    ttl_hours: 720")

    stages = load_catalogue(copy).stages

    assert span == stages["arrived"].reach_within
    assert stages["printing"].reach_within is None


@pytest.mark.parametrize(
    ("written", "detail"),
    [
        ("6", "one looks like"),
        ("6 hours", "one looks like"),
        ("-6 h", "one looks like"),
        ("0 h", "from 1 min"),
        ("99999 d", "from 1 min"),
        ("720 h", "lives 720 h, no longer than its reach_within"),
    ],
)
def test_a_wait_that_cannot_be_is_told(copy: Path, written: str, detail: str) -> None:
    """A time span without a unit, out of bounds or as long as the notice lives is told with its line."""
    line = _edit(copy, "stages.yaml", "6 h\n    ttl_hours: 720", f"{written}\n    ttl_hours: 720")

    with pytest.raises(CatalogueError) as caught:
        load_catalogue(copy)

    problem = caught.value.problems[0]
    assert ("stages.yaml", line, "stages.arrived.reach_within") == (problem.file, problem.line, problem.path)
    assert detail in problem.detail


def test_a_document_must_not_shorten_a_notice_below_the_wait(copy: Path) -> None:
    """A document's own time to live must still leave room for a further address."""
    start = _edit(copy, "documents.yaml", "        next:", "        ttl_hours: 6\n        next:")

    with pytest.raises(CatalogueError) as caught:
        load_catalogue(copy)

    (problem,) = caught.value.problems
    assert start == problem.line
    assert "documents.temporary_residence.overrides.arrived.ttl_hours" == problem.path


def test_another_name_for_the_first_bot(copy: Path) -> None:
    """A name known only at start replaces that of the first account, whose terms and place stay."""
    agency = load_catalogue(copy).agency

    renamed = agency.named("telegram", "real_bot")

    assert ["real_bot", "docwatchsample"] == [one.name for one in renamed.channels][:2]
    assert renamed.channels[1:] == agency.channels[1:]
    assert agency == agency.named("telegram", None)
    assert "real_bot" == _agency(copy, "").named("telegram", "real_bot").public_name("telegram")


def test_every_channel_of_the_registry_has_a_link_with_its_parts() -> None:
    """Each known channel says how its links are made, and takes no name that would break one."""
    for code, kind in CHANNELS.items():
        assert code == kind.code
        assert kind.on_page or kind.link.index("{name}") < kind.link.index("{secret}")
        for name in (*([""] if kind.name else []), "a/b", "a&b", "a\n"):
            with pytest.raises(ValueError, match="is not"):
                kind.named(name)
