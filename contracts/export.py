"""Writes the JSON Schemas of all messages, or checks that the committed ones are still true.

`python -m contracts.export` writes `contracts/schemas/*.json`; `--check` exits 1 on any difference.
"""

import json
import sys
from pathlib import Path

from pydantic import TypeAdapter

from contracts import knowledge
from contracts.messages import (
    dead,
    delivery,
    following,
    forget,
    notice,
    outcome,
    reach,
    rpc,
    stage,
    withdrawal,
)
from contracts.messages.desk import (
    appointments,
    calls,
    question,
    ready,
    talk,
)

FOLDER = Path(__file__).parent / "schemas"

MESSAGES: dict[str, TypeAdapter[object]] = {
    "stage.v1": TypeAdapter(stage.StageEvent),
    "notice.v1": TypeAdapter(notice.Notice),
    "delivery.v1": TypeAdapter(delivery.DeliveryReport),
    "outcome.v1": TypeAdapter(outcome.Outcome),
    "withdrawal.v1": TypeAdapter(withdrawal.Withdrawal),
    "forget.v1": TypeAdapter(forget.Forget),
    "reach.v1": TypeAdapter(reach.Reach),
    "call.v1": TypeAdapter(calls.CallMade),
    "called.v1": TypeAdapter(calls.Called),
    "question.v1": TypeAdapter(question.Question),
    "talk.v1": TypeAdapter(talk.Talk),
    "reply.v1": TypeAdapter(talk.DeskReply),
    "rpc.words.v1": TypeAdapter(talk.WordsQuery),
    "rpc.words.reply.v1": TypeAdapter(talk.Words),
    "rpc.file.v1": TypeAdapter(talk.FileQuery),
    "rpc.file.reply.v1": TypeAdapter(talk.FilePart),
    "knowledge.v1": TypeAdapter(knowledge.Answer),
    "appointment.v1": TypeAdapter(appointments.AppointmentNews),
    "dead.v1": TypeAdapter(dead.DeadLetter),
    "rpc.issue.v1": TypeAdapter(rpc.IssueClaim),
    "rpc.issue.reply.v1": TypeAdapter(rpc.IssueReply),
    "rpc.redeem.v1": TypeAdapter(rpc.Redeem),
    "rpc.redeem.reply.v1": TypeAdapter(rpc.RedeemReply),
    "rpc.status.v1": TypeAdapter(rpc.StatusQuery),
    "rpc.status.reply.v1": TypeAdapter(rpc.StatusReply),
    "rpc.claim.v1": TypeAdapter(rpc.ClaimQuery),
    "rpc.claim.reply.v1": TypeAdapter(rpc.ClaimReply),
    "rpc.stop.v1": TypeAdapter(rpc.Stop),
    "rpc.stop.reply.v1": TypeAdapter(rpc.StopReply),
    "rpc.revoke.v1": TypeAdapter(rpc.RevokeClaim),
    "rpc.revoke.reply.v1": TypeAdapter(rpc.RevokeReply),
    "rpc.event.v1": TypeAdapter(rpc.EventQuery),
    "rpc.event.reply.v1": TypeAdapter(rpc.EventReply),
    "rpc.unreached.v1": TypeAdapter(rpc.UnreachedQuery),
    "rpc.unreached.reply.v1": TypeAdapter(rpc.UnreachedReply),
    "rpc.history.v1": TypeAdapter(following.HistoryQuery),
    "rpc.history.reply.v1": TypeAdapter(following.HistoryReply),
    "rpc.share.v1": TypeAdapter(following.Share),
    "rpc.share.reply.v1": TypeAdapter(following.ShareReply),
    "rpc.export.v1": TypeAdapter(following.ExportQuery),
    "rpc.export.reply.v1": TypeAdapter(following.ExportReply),
    "rpc.join.v1": TypeAdapter(following.Join),
    "rpc.join.reply.v1": TypeAdapter(following.JoinReply),
    "rpc.calls.v1": TypeAdapter(calls.CallsQuery),
    "rpc.calls.reply.v1": TypeAdapter(calls.CallsReply),
    "rpc.calls_over.v1": TypeAdapter(calls.CallsOverQuery),
    "rpc.calls_over.reply.v1": TypeAdapter(calls.CallsOverReply),
    "rpc.ready.v1": TypeAdapter(ready.ReadyQuery),
    "rpc.ready.reply.v1": TypeAdapter(ready.ReadyReply),
    "rpc.receipts.v1": TypeAdapter(ready.ReceiptsQuery),
    "rpc.receipts.reply.v1": TypeAdapter(ready.ReceiptsReply),
    "rpc.slots.v1": TypeAdapter(appointments.SlotsQuery),
    "rpc.slots.reply.v1": TypeAdapter(appointments.SlotsReply),
    "rpc.book.v1": TypeAdapter(appointments.Book),
    "rpc.book.reply.v1": TypeAdapter(appointments.BookReply),
    "rpc.give_back.v1": TypeAdapter(appointments.GiveBack),
    "rpc.give_back.reply.v1": TypeAdapter(appointments.GiveBackReply),
    "rpc.wait.v1": TypeAdapter(appointments.Wait),
    "rpc.wait.reply.v1": TypeAdapter(appointments.WaitReply),
    "rpc.own.v1": TypeAdapter(appointments.OwnQuery),
    "rpc.own.reply.v1": TypeAdapter(appointments.OwnReply),
    "rpc.list.v1": TypeAdapter(appointments.ListQuery),
    "rpc.list.reply.v1": TypeAdapter(appointments.ListReply),
}


def rendered() -> dict[str, str]:
    """Return file name -> schema text for every message."""
    return {
        f"{name}.json": json.dumps(adapter.json_schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        for name, adapter in MESSAGES.items()
    }


def differences(folder: Path) -> list[str]:
    """Return the names of schemas that are missing, stale or no longer exported."""
    wanted = rendered()
    present = {path.name: path.read_text() for path in folder.glob("*.json")}
    return sorted(name for name in wanted.keys() | present.keys() if wanted.get(name) != present.get(name))


def main() -> int:
    """Write or check the schemas; return the exit status."""
    stale = differences(FOLDER)
    if "--check" in sys.argv[1:]:
        if stale:
            sys.stderr.write(
                f"schemas differ from the code: {', '.join(stale)}; run python -m contracts.export\n"
            )
        return 1 if stale else 0
    FOLDER.mkdir(exist_ok=True)
    for name in stale:
        (FOLDER / name).unlink(missing_ok=True)
    for name, text in rendered().items():
        (FOLDER / name).write_text(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
