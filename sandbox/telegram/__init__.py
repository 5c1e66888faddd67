"""The simulated Telegram: its world, its Bot API over HTTP, its limits, and the script that makes it fail."""
