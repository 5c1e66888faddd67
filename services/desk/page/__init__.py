"""What staff see of conversations: the list, one with its document, the wall, search; all of it live."""
