"""Stage events taken in: over HTTP or NATS, taken apart, judged, published, answered."""
