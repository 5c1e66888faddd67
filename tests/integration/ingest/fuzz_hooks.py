"""Loaded by Schemathesis: how lines of JSON are written, for which it has no form of its own."""

import schemathesis

schemathesis.serializer.alias("application/x-ndjson", "text/plain")
