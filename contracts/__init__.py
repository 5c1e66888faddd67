"""What services say to each other: messages, subjects, streams and the catalogue."""
