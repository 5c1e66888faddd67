"""Who calls: API keys, what they are limited to, and how fast they may go."""
