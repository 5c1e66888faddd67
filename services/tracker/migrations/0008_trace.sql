-- The trace that a message belongs to, as W3C writes it; empty while traces are off.
ALTER TABLE outbox ADD COLUMN trace text;
