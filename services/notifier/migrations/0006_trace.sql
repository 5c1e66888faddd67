-- The trace that a message or a delivery belongs to, as W3C writes it; empty while traces are off.
ALTER TABLE outbox ADD COLUMN trace text;
ALTER TABLE delivery ADD COLUMN trace text;
