"""What an installation does at the moment, read from the metrics of its services."""
