-- What a unit declares of itself: what no machine sees and nobody can count from here. Nothing is ever changed or
-- deleted: of one fact the declaration of the latest day holds, of one day the one made last, and the others are history.
CREATE TABLE declaration (
    id           TEXT PRIMARY KEY,
    unit         TEXT NOT NULL REFERENCES unit (id),
    -- The fact, as the vocabulary names it below `unit.`.
    fact         TEXT NOT NULL,
    -- As in a report: a value as JSON, null for what the unit does not have, {"unknown": …} for what it takes back.
    value        TEXT NOT NULL,
    -- The day for which it was said, as 2026-12-31.
    declared_on  TEXT NOT NULL,
    -- An account's name, or that of the command line.
    declared_by  TEXT NOT NULL,
    note         TEXT NOT NULL,
    made_at      BIGINT NOT NULL
);
CREATE INDEX declaration_unit ON declaration (unit, fact, declared_on, made_at, id);
