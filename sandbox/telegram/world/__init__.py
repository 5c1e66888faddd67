"""The simulated world: citizens, chats, messages and updates, kept on disk, within the messenger's limits."""
