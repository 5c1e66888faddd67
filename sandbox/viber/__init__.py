"""A simulated Viber: the REST API of its bots, signed callbacks, faults by script, and a record of it all."""
