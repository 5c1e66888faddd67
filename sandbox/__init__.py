"""The simulated messengers, the phone and the sample agency."""
