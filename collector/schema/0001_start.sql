-- What the collector remembers. One text for SQLite and PostgreSQL: TEXT, BIGINT, BOOLEAN, DOUBLE PRECISION, BYTEA.
-- Ids are made by the program (UUID version 7, so that they sort by time). Times are milliseconds since 1970, UTC.
-- Documents are JSON in TEXT and are never queried inside.

-- A node of the organisation tree, of any depth.
CREATE TABLE unit (
    id          TEXT PRIMARY KEY,
    parent      TEXT REFERENCES unit (id),
    -- The ids from the root to this unit, each followed by a slash: a subtree is a range of this column.
    path        TEXT NOT NULL UNIQUE,
    -- The administrative or own code; not unique over time, so it is not the key.
    code        TEXT NOT NULL,
    name        TEXT NOT NULL,
    -- province, district, commune, ward, department, office, other.
    kind        TEXT NOT NULL,
    -- Name and code, folded for search without accents.
    search      TEXT NOT NULL,
    -- Sort key in the order of Vietnamese readers.
    sort        TEXT NOT NULL,
    created_at  BIGINT NOT NULL
);
CREATE INDEX unit_parent ON unit (parent);
CREATE INDEX unit_code ON unit (code);

-- The collector's record of a PC, with what lists show of its latest report.
CREATE TABLE machine (
    id           TEXT PRIMARY KEY,
    unit         TEXT NOT NULL REFERENCES unit (id),
    -- The unit's path, kept with the machine so that a subtree is a range here too.
    unit_path    TEXT NOT NULL,
    role         TEXT NOT NULL,
    hostname     TEXT NOT NULL,
    joined_at    BIGINT NOT NULL,
    -- The last contact of any kind.
    seen_at      BIGINT NOT NULL,
    -- When the latest report was taken; null before the first.
    taken_at     BIGINT,
    -- The latest report and its assessment.
    report       TEXT,
    assessment   TEXT,
    agent        TEXT NOT NULL,
    os           TEXT NOT NULL,
    maker        TEXT NOT NULL,
    model        TEXT NOT NULL,
    -- Host name, maker, model, system and addresses, folded for search without accents.
    search       TEXT NOT NULL,
    grade        TEXT NOT NULL,
    score        BIGINT,
    coverage     BIGINT NOT NULL,
    decided_by   TEXT,
    -- The rules that judged: the digest of set and lifecycle table.
    rules_digest TEXT NOT NULL
);
CREATE INDEX machine_unit ON machine (unit_path, hostname, id);
-- What the overview counts stands in one index, so that it never reads whole machines.
CREATE INDEX machine_count ON machine (unit_path, unit, grade, seen_at, taken_at);
CREATE INDEX machine_hostname ON machine (hostname, id);
CREATE INDEX machine_grade ON machine (grade, hostname, id);
CREATE INDEX machine_score ON machine (score, id);
CREATE INDEX machine_seen ON machine (seen_at, id);

-- The keys that a machine signs with. A machine that joins again gets another line.
CREATE TABLE machine_key (
    key           TEXT PRIMARY KEY,
    machine       TEXT NOT NULL REFERENCES machine (id),
    public_key    BYTEA NOT NULL,
    joined_at     BIGINT NOT NULL,
    withdrawn_at  BIGINT,
    -- The highest sequence number accepted.
    sequence      BIGINT NOT NULL
);
CREATE INDEX machine_key_machine ON machine_key (machine);

-- What lets new PCs in. Only the hash of the secret is kept.
CREATE TABLE join_code (
    id           TEXT PRIMARY KEY,
    secret_hash  TEXT NOT NULL UNIQUE,
    unit         TEXT NOT NULL REFERENCES unit (id),
    role         TEXT NOT NULL,
    uses_left    BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    created_by   TEXT NOT NULL
);

-- Envelopes as they came: the evidence.
CREATE TABLE report (
    id           TEXT PRIMARY KEY,
    machine      TEXT NOT NULL REFERENCES machine (id),
    key          TEXT NOT NULL,
    sequence     BIGINT NOT NULL,
    -- SHA-256 of the envelope.
    digest       TEXT NOT NULL,
    taken_at     BIGINT NOT NULL,
    received_at  BIGINT NOT NULL,
    -- https or import.
    via          TEXT NOT NULL,
    envelope     BYTEA NOT NULL
);
CREATE UNIQUE INDEX report_sequence ON report (key, sequence);
CREATE INDEX report_machine ON report (machine, taken_at);

-- Every judgement, with the rules that judged.
CREATE TABLE assessment (
    id          TEXT PRIMARY KEY,
    machine     TEXT NOT NULL REFERENCES machine (id),
    report      TEXT NOT NULL REFERENCES report (id),
    -- report: the PC said something; rules: the rules changed and the same report was judged again.
    cause       TEXT NOT NULL,
    ruleset     TEXT NOT NULL,
    digest      TEXT NOT NULL,
    day         TEXT NOT NULL,
    judged_at   BIGINT NOT NULL,
    grade       TEXT NOT NULL,
    score       BIGINT,
    coverage    BIGINT NOT NULL,
    decided_by  TEXT,
    -- The whole assessment as JSON.
    body        TEXT NOT NULL
);
CREATE INDEX assessment_machine ON assessment (machine, judged_at);

-- The verdicts of the latest assessment that are not a pass: what fails most, and where. What does not apply stands
-- here when the role of the machine is asked, so that passes can be told by counting.
CREATE TABLE finding (
    machine   TEXT NOT NULL REFERENCES machine (id),
    rule      TEXT NOT NULL,
    outcome   TEXT NOT NULL,
    severity  TEXT NOT NULL,
    PRIMARY KEY (machine, rule)
);
CREATE INDEX finding_rule ON finding (rule, outcome);

-- People.
CREATE TABLE account (
    id          TEXT PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE,
    -- Argon2id, as a PHC string.
    password    TEXT NOT NULL,
    -- administrator, analyst, security, viewer.
    role        TEXT NOT NULL,
    -- The unit whose subtree this person sees; null is everything.
    unit        TEXT REFERENCES unit (id),
    created_at  BIGINT NOT NULL
);

-- Signed-in browsers. Only the hash of the cookie is kept.
CREATE TABLE session (
    token_hash  TEXT PRIMARY KEY,
    account     TEXT NOT NULL REFERENCES account (id),
    form_token  TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    seen_at     BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL
);
CREATE INDEX session_expires ON session (expires_at);

-- Who did what.
CREATE TABLE audit (
    id       TEXT PRIMARY KEY,
    at       BIGINT NOT NULL,
    -- The account's name, or the program.
    actor    TEXT NOT NULL,
    action   TEXT NOT NULL,
    subject  TEXT NOT NULL,
    detail   TEXT NOT NULL
);

-- What the collector keeps of its own state, such as the rules that judged last.
CREATE TABLE setting (
    name   TEXT PRIMARY KEY,
    value  TEXT NOT NULL
);
