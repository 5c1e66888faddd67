"""The conversation, for every messenger: what somebody did and what we know of them become a plan.

`plan` decides, the caller carries the plan out (stores, asks the tracker), `then` says what follows from what
came of it, and `answer` words it. All are pure; a plan that is a `Reply` needs nobody's help. Any `Incoming`
of a private chat other than `Blocked` also shows that its sender can be reached.
"""

from services.notifier.conversation.citizen import changed, language_of
from services.notifier.conversation.planner import plan, then
from services.notifier.conversation.replies import answer, apology, slower

__all__ = ["answer", "apology", "changed", "language_of", "plan", "slower", "then"]
