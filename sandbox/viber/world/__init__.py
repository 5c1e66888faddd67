"""The simulated world of Viber: accounts, chats, sessions and callbacks, kept on disk."""
