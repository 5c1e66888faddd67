"""What an account is called: its channel's name, and a name of its own where the channel has several."""


def channel_of(account: str) -> str:
    """Return the channel of an account: `telegram` of `telegram.second`."""
    return account.partition(".")[0]
