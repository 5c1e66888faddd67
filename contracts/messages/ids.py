"""Names for the identities that cross services; each is a plain string or UUID at run time."""

from typing import NewType
from uuid import UUID

Publisher = NewType("Publisher", str)
"""Who sends stage events; outlives its API keys."""

EventId = NewType("EventId", str)
"""The publisher's own id of an event; unique together with the publisher."""

ApplicationKey = NewType("ApplicationKey", str)
"""64 hex digits: the keyed hash that stands for an application number everywhere behind ingest."""

NoticeId = NewType("NoticeId", UUID)
SubscriptionId = NewType("SubscriptionId", UUID)
RecipientId = NewType("RecipientId", UUID)
