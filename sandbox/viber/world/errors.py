"""Refusals of the REST API: a status number with its name; the HTTP status stays 200."""

STATUSES = {
    0: "ok",
    1: "invalidUrl",
    2: "invalidAuthToken",
    3: "badData",
    4: "missingData",
    5: "receiverNotRegistered",
    6: "receiverNotSubscribed",
    7: "publicAccountBlocked",
    8: "publicAccountNotFound",
    9: "publicAccountSuspended",
    10: "webhookNotSet",
    11: "receiverNoSuitableDevice",
    12: "tooManyRequests",
    13: "apiVersionNotSupported",
    14: "incompatibleWithVersion",
    15: "publicAccountNotAuthorized",
    16: "inchatReplyMessageNotAllowed",
    17: "publicAccountIsNotInline",
    18: "noPublicChat",
    19: "cannotSendBroadcast",
    20: "broadcastNotAllowed",
    21: "unsupportedCountry",
    22: "paymentUnsupported",
    23: "freeMessagesExceeded",
    24: "noBalance",
}


class RefusalError(Exception):
    """A call is refused; a number without a name is a general failure."""

    def __init__(self, status: int, message: str | None = None) -> None:
        super().__init__(message or STATUSES.get(status, "failure"))
        self.status = status


def bad_data(why: str) -> RefusalError:
    """Return the refusal of what is not as it should be."""
    return RefusalError(3, why)


def missing(what: str) -> RefusalError:
    """Return the refusal of a call without something that must be there."""
    return RefusalError(4, f"missing parameter: {what}")
