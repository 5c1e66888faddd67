"""A simulated provider of SMS: its HTTP gateway, the numbers of citizens, receipts and texts sent in."""
