"""What the desk is told and tells others: questions, talks, calls, appointments."""
