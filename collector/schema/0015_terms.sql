-- A diagnosis is made by what is in force, or by the prices and rules that a plan tries.
CREATE TABLE diagnosis_by (
    machine  TEXT NOT NULL REFERENCES machine (id),
    -- What is tried; empty for what is in force.
    terms    TEXT NOT NULL,
    report   TEXT NOT NULL,
    -- The rules that judged, a space, and the digest of what else it depends on.
    made_by  TEXT NOT NULL,
    -- JSON.
    body     TEXT NOT NULL,
    PRIMARY KEY (machine, terms)
);
INSERT INTO diagnosis_by (machine, terms, report, made_by, body)
    SELECT machine, '', report, made_by, body FROM diagnosis;
DROP TABLE diagnosis;
ALTER TABLE diagnosis_by RENAME TO diagnosis;
