"""The conversation, for every messenger: what somebody did and what we know of them become an action.

`planner.plan` decides, the handler carries it out (stores, asks the tracker), `planner.then` says what
follows from what came of it, and `replies.answer` words it. All but the handler are pure. Any `Incoming` of a
private chat other than `Blocked` also shows that its sender can be reached.
"""
