"""A simulated provider of mail: the server that takes letters, and the mailboxes of the citizens."""
