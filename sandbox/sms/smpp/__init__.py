"""A simulated message centre of SMPP: faults by script, and a record of all that it was asked."""
