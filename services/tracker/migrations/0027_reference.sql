-- The name under which the desk knows an application: random, so that nothing about it can be told from it.
CREATE TABLE reference (
    application_key text COLLATE "C" PRIMARY KEY,
    reference uuid NOT NULL UNIQUE DEFAULT gen_random_uuid()
);
