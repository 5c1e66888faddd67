"""What became of events: the outcome feed, the fate of one event, the list of the unreached."""
