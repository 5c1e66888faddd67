"""`docwatch up`: everything on this machine, with the sample agency's month and its books."""
