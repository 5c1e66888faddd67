-- Transaction by transaction, so that nobody waits for more than one of them.
CALL find_owners();
