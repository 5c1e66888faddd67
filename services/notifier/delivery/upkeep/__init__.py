"""What is done with deliveries that are over, and after a backup was brought back."""
