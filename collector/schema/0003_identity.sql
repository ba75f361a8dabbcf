-- What tells each PC from others: trustworthy evidence of its reports and of its request to join, as hashes.
CREATE TABLE machine_sign (
    machine  TEXT NOT NULL REFERENCES machine (id),
    -- serial, board_serial, system_uuid, disk_serial, mac.
    kind     TEXT NOT NULL,
    value    TEXT NOT NULL,
    PRIMARY KEY (machine, kind, value)
);
CREATE INDEX machine_sign_value ON machine_sign (kind, value);

-- Two PCs under one key. What the other one said is kept here and never becomes a fact of the machine.
CREATE TABLE conflict (
    id        TEXT PRIMARY KEY,
    machine   TEXT NOT NULL REFERENCES machine (id),
    -- The key that both signed with.
    key       TEXT NOT NULL,
    -- evidence: another PC's hardware; sequence: a sequence number used twice with other bodies.
    cause     TEXT NOT NULL,
    -- The other PC: its name, and its trustworthy evidence as JSON.
    hostname  TEXT NOT NULL,
    signs     TEXT NOT NULL,
    found_at  BIGINT NOT NULL,
    seen_at   BIGINT NOT NULL,
    -- How many reports contradicted; the newest of them as it came.
    reports   BIGINT NOT NULL,
    digest    TEXT NOT NULL,
    envelope  BYTEA NOT NULL,
    ended_at  BIGINT,
    -- Who ended it: an account's name, or "join".
    ended_by  TEXT
);
CREATE INDEX conflict_machine ON conflict (machine, ended_at);

-- Conflicts that nobody has ended.
ALTER TABLE machine ADD COLUMN conflicts BIGINT NOT NULL DEFAULT 0;
