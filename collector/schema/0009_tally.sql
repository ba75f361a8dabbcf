-- How many machines of each grade a unit had, with all units below it: one row a day, the last figures of that day.
-- Older days are thinned out. A row of zeros is an answer: the unit had no machines. No row is none.
CREATE TABLE tally (
    unit        TEXT NOT NULL REFERENCES unit (id),
    -- As 2026-12-31, in Vietnam.
    day         TEXT NOT NULL,
    ready       BIGINT NOT NULL,
    needs_work  BIGINT NOT NULL,
    not_ready   BIGINT NOT NULL,
    no_data     BIGINT NOT NULL,
    PRIMARY KEY (unit, day)
);
CREATE INDEX tally_day ON tally (day);

-- Seats beside machines, unit by unit: all that is counted stands in the index.
CREATE INDEX machine_seat ON machine (unit_path, unit, role, grade);

-- The share of ready machines that a unit is to reach, and by when. It holds for the units below it, unless one has its
-- own.
CREATE TABLE target (
    unit           TEXT PRIMARY KEY REFERENCES unit (id),
    share_percent  BIGINT NOT NULL,
    -- The day by which, as 2027-07-01.
    day            TEXT NOT NULL,
    set_by         TEXT NOT NULL,
    set_at         BIGINT NOT NULL
);
