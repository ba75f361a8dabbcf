-- The room that a machine stands in, as people call it; empty when nobody said.
ALTER TABLE machine ADD COLUMN room TEXT NOT NULL DEFAULT '';

-- Who looks after the machines of a unit and of those below it, unless one has its own; empty when nobody said.
ALTER TABLE unit ADD COLUMN team TEXT NOT NULL DEFAULT '';

-- What is to be done to a machine, as a plan said; kept until it is done and a report confirms it.
CREATE TABLE work (
    id            TEXT PRIMARY KEY,
    machine       TEXT NOT NULL REFERENCES machine (id),
    -- The unit of the seat: of a machine that is moved, the one that it goes to.
    unit          TEXT NOT NULL REFERENCES unit (id),
    -- reassign, enable, upgrade, licence, buy.
    means         TEXT NOT NULL,
    -- Ids of remedies, of items of the price book, and of the rules that the work is for, each with spaces between. A
    -- rule that was met in part when the work was made carries /partial.
    remedies      TEXT NOT NULL,
    parts         TEXT NOT NULL,
    rules         TEXT NOT NULL,
    made_at       BIGINT NOT NULL,
    made_by       TEXT NOT NULL,
    ticked_by     TEXT,
    ticked_at     BIGINT,
    -- The later report that was compared last, and the rules of this work that it still fails.
    report        TEXT,
    failing       TEXT NOT NULL DEFAULT '',
    -- When that report was taken which no longer failed any.
    confirmed_at  BIGINT
);
CREATE INDEX work_machine ON work (machine, confirmed_at);
CREATE INDEX work_unit ON work (unit);
