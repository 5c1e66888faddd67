"""The door: the listener for browsers of staff, what every page behind it is given, and its layout."""
