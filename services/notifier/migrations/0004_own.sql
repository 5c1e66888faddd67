-- What a person chose for themselves and nobody else may read: code phrase and names of documents, sealed.
ALTER TABLE recipient
    ADD COLUMN personal bytea,
    ADD COLUMN personal_key_id text,
    ADD CHECK ((personal IS NULL) = (personal_key_id IS NULL));

-- What somebody was asked to type next; forgotten with the next thing that they do, or when it expires.
CREATE TABLE dialogue (
    recipient_id uuid PRIMARY KEY REFERENCES recipient (id) ON DELETE CASCADE,
    awaits text NOT NULL CHECK (awaits IN ('phrase', 'name', 'zone')),
    subscription_id uuid,
    expires_at timestamptz NOT NULL,
    CHECK ((awaits = 'name') = (subscription_id IS NOT NULL))
);
CREATE INDEX dialogue_expiry ON dialogue (expires_at);
