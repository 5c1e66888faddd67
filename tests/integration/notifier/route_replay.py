"""What happened to somebody's deliveries, played again by the rules of routes as they are told in words.

The rules: a message stands at the first address of the route that carries it and is not known to be lost. It
goes on when the address refuses, and of what one must act upon also when its fate there is unknown; after an
unknown fate anything else stays. It ends undeliverable only where no address is left, and unknown after three
unknowns.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg

MAX_UNKNOWNS = 3
OVERTAKEN = {"superseded"}


@dataclass
class Course:
    """One delivery on its way along a route."""

    actionable: bool
    route: Sequence[str]
    tried: list[str]
    unknowns: int = 0
    plain: bool = False
    end: str | None = None
    at: str | None = None
    heard: list[str] = field(default_factory=list)

    def begin(self, lost: set[str]) -> None:
        """Stand at the first address."""
        self.at = self._next(lost)
        if self.at is None:
            self.end = "undeliverable"

    def settle(self, lost: set[str]) -> None:
        """Leave an address that is lost by what another message found out."""
        if self.end is None and self.at in lost:
            self._onward(lost, "unknown" if self.unknowns else "undeliverable")

    def over(self, result: str, detail: str, lost: set[str]) -> None:
        """Take in what came of an attempt."""
        assert self.at is not None
        if result == "accepted":
            self.heard.append(self.at)
            self.end = "accepted"
        elif result == "unknown":
            self.heard.append(self.at)
            self.unknowns += 1
            if self.unknowns == MAX_UNKNOWNS:
                self.end = "unknown"
            elif self.actionable:
                self._onward(lost, None)
        elif result == "permanent" and detail.startswith("unparseable") and not self.plain:
            self.plain = True
        elif result in {"unreachable", "permanent"}:
            refused = "unknown" if self.tried and self.unknowns else "undeliverable"
            here = self.at
            self._onward(lost | {here}, refused)
        else:
            assert result in {"throttled", "not_sent", "account_down"}

    def _onward(self, lost: set[str], otherwise: str | None) -> None:
        here = self.at
        assert here is not None
        after = self._next(lost, here) if self.actionable or not self.unknowns else None
        if after is None:
            self.end = otherwise
            return
        self.tried.append(here)
        self.at, self.plain = after, False

    def _next(self, lost: set[str], *besides: str) -> str | None:
        fit = (one for one in self.route if one not in {*lost, *self.tried, *besides})
        return next((one for one in fit if self.actionable or one != "sms"), None)


@dataclass
class Replay:
    """All that happened to somebody.

    `accounts` by address in their order, `results` and details by delivery and attempt; `returned` are the
    addresses of which it was told that nobody is there, after a message was taken.
    """

    accounts: Mapping[UUID, str]
    results: Mapping[tuple[UUID, int], tuple[str, str]]
    returned: AbstractSet[UUID]
    lost: set[str] = field(default_factory=set)
    courses: dict[UUID, Course] = field(default_factory=dict)
    last: dict[UUID, Course] = field(default_factory=dict)
    attempted: dict[UUID, int] = field(default_factory=dict)
    heard: dict[UUID, int] = field(default_factory=dict)
    newest: dict[UUID, int] = field(default_factory=dict)
    stood: dict[UUID, UUID] = field(default_factory=dict)

    def play(self, changes: Sequence[asyncpg.Record]) -> None:
        """Play every change of a delivery, in the order of happening; fail where the rules say otherwise."""
        for change in changes:
            if change["id"] is None:
                account = self.accounts[change["address"]]
                assert account in self.lost or change["address"] in self.returned, "lost for no reason"
                self.lost.add(account)
                continue
            if change["was"] is None:
                self._begin(change)
                continue
            course = self.courses[change["id"]]
            if change["was"] == "sending":
                assert course.end is None
                result, detail = self.results[change["id"], change["attempts"]]
                course.over(result, detail, self.lost)
                if result in {"accepted", "unknown"}:
                    self.heard[change["subscription"]] = change["revision"]
                if result == "unreachable":
                    self.lost.add(self.accounts[self.stood[change["id"]]])
            elif change["state"] in OVERTAKEN or change["reason"] == "newer_attempted":
                pass  # it ends where it stands
            elif change["state"] != change["was"] or self.accounts.get(change["address"]) != course.at:
                course.settle(self.lost)
            self._compare(course, change)

    def _begin(self, change: asyncpg.Record) -> None:
        notice = change["follows"] or change["id"]
        told = self.last.get(notice)
        tried = [] if told is None else [*told.tried, *([told.at] if told.at is not None else [])]
        course = Course(change["actionable"], list(self.accounts.values()), tried)
        # It may be stored while another transaction finds out that its address is lost; then it goes on.
        given = self.accounts.get(change["address"])
        course.begin(self.lost if given is None else self.lost - {given})
        self.courses[change["id"]] = self.last[notice] = course
        newest = self.newest.get(change["subscription"], 0)
        self.newest[change["subscription"]] = max(newest, change["revision"])
        self._compare(course, change)

    def _compare(self, course: Course, change: asyncpg.Record) -> None:
        subscription, revision, state = change["subscription"], change["revision"], change["state"]
        if state in OVERTAKEN:
            assert revision < self.newest[subscription], "overtaken by nothing"
            assert not course.heard, "seen, and said to be overtaken"
            course.end = state
        elif state == "unknown" and change["reason"] == "newer_attempted":
            assert course.unknowns
            assert revision < self.attempted[subscription]
            course.end = state
        if change["address"] is not None:
            self.stood[change["id"]] = change["address"]
        assert course.at == self.accounts.get(change["address"])
        assert (course.end or state) == state
        assert (course.end is None) == (state in {"pending", "sending"})
        assert course.unknowns == change["unknowns"]
        if state == "sending" and change["was"] == "pending":
            assert revision >= self.heard.get(subscription, 0), "older after newer"
            assert course.at not in self.lost, "written to where it is known that nobody is"
            self.attempted[subscription] = revision
