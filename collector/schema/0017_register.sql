-- What the asset register of an agency says of a machine; empty where nobody said.
CREATE TABLE register (
    machine         TEXT PRIMARY KEY REFERENCES machine (id),
    responsible     TEXT NOT NULL DEFAULT '',
    purpose         TEXT NOT NULL DEFAULT '',
    number          TEXT NOT NULL DEFAULT '',
    -- Days such as 2026-12-31.
    registered_on   TEXT NOT NULL DEFAULT '',
    warranty_until  TEXT NOT NULL DEFAULT ''
);
