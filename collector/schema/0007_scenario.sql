-- A plan that somebody kept under a name: what was asked, and what it came to then.
CREATE TABLE scenario (
    id            TEXT PRIMARY KEY,
    name          TEXT NOT NULL,
    -- The path of the unit that it is for; empty for everything. A path is kept, since who sees a unit sees its plans.
    unit_path     TEXT NOT NULL,
    place         TEXT NOT NULL,
    -- What was asked: JSON with norm and budgets.
    wish          TEXT NOT NULL,
    -- What it came to: JSON.
    outcome       TEXT NOT NULL,
    kept_by       TEXT NOT NULL,
    kept_at       BIGINT NOT NULL,
    -- When and by whom it was submitted; from then on it stays as it is.
    submitted_by  TEXT,
    submitted_at  BIGINT,
    -- The plan and its annexes as they were when it was submitted.
    document      TEXT,
    workbook      BYTEA
);
CREATE INDEX scenario_unit ON scenario (unit_path, kept_at);
