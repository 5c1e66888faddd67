"""What happened to each application and who must be told."""
