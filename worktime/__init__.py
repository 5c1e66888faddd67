"""When an agency works: one calendar of its days, and the hours of its offices; pure, knows no document."""
