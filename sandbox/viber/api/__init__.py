"""What a bot sees: the REST API with its strictness, and the callbacks that come to its webhook."""
