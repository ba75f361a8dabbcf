-- Units change: they are renamed, moved, merged, divided and closed. The table unit is what they are today; what they
-- were on any day stands here. Days are civil days in Vietnam, as 2025-07-01.

-- What a unit was called, of what kind it was and below which it hung, from one day until before another. Of one code,
-- no two of these overlap.
CREATE TABLE unit_naming (
    unit      TEXT NOT NULL REFERENCES unit (id),
    from_day  TEXT NOT NULL,
    -- The first day on which it no longer held; null while it holds.
    to_day    TEXT,
    code      TEXT NOT NULL,
    name      TEXT NOT NULL,
    kind      TEXT NOT NULL,
    parent    TEXT REFERENCES unit (id),
    -- Sort key in the order of Vietnamese readers.
    sort      TEXT NOT NULL,
    PRIMARY KEY (unit, from_day)
);
CREATE INDEX unit_naming_code ON unit_naming (code, from_day);
CREATE INDEX unit_naming_day ON unit_naming (from_day, to_day);

-- What happened to units, and by which decision.
CREATE TABLE unit_event (
    id         TEXT PRIMARY KEY,
    -- The day from which it holds.
    day        TEXT NOT NULL,
    -- create, close, rename, retype, recode, move, merge, split.
    kind       TEXT NOT NULL,
    -- Such as Nghị quyết 1686/NQ-UBTVQH15; empty when nobody said.
    legal_ref  TEXT NOT NULL,
    -- Who wrote it down here, and when.
    actor      TEXT NOT NULL,
    at         BIGINT NOT NULL
);

-- The units of an event.
CREATE TABLE unit_event_part (
    event    TEXT NOT NULL REFERENCES unit_event (id),
    unit     TEXT NOT NULL REFERENCES unit (id),
    -- from: what was before; to: what is afterwards.
    side     TEXT NOT NULL,
    -- Whether only a part of the unit is meant.
    is_part  BOOLEAN NOT NULL,
    -- Which share of it, 0 to 1; null when nobody knows.
    share    DOUBLE PRECISION,
    PRIMARY KEY (event, unit, side)
);
CREATE INDEX unit_event_part_unit ON unit_event_part (unit);

-- The first day on which the unit no longer worked; null while it does.
ALTER TABLE unit ADD COLUMN closed_on TEXT;

-- Where a machine stood from a moment on, until the next line.
CREATE TABLE machine_place (
    machine  TEXT NOT NULL REFERENCES machine (id),
    from_at  BIGINT NOT NULL,
    unit     TEXT NOT NULL REFERENCES unit (id),
    role     TEXT NOT NULL,
    -- join, hand, reform; start for where it stood when this table was made.
    cause    TEXT NOT NULL,
    PRIMARY KEY (machine, from_at)
);
CREATE INDEX machine_place_unit ON machine_place (unit);

-- The unit of the join code that a machine came by last; null where nobody wrote it down.
ALTER TABLE machine ADD COLUMN joined_unit TEXT REFERENCES unit (id);
CREATE INDEX machine_joined ON machine (joined_unit);

INSERT INTO machine_place (machine, from_at, unit, role, cause)
    SELECT id, joined_at, unit, role, 'start' FROM machine;

-- Units that are there are dated from the day on which they were entered, in Vietnam. Both databases have other names
-- for "the day of a moment", so it is reckoned: days since 0000-03-01 into year, month and day, in the proleptic
-- Gregorian calendar (Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days).
INSERT INTO unit_naming (unit, from_day, to_day, code, name, kind, parent, sort)
    SELECT id,
        substr(CAST(10000 + year + CASE WHEN month <= 2 THEN 1 ELSE 0 END AS TEXT), 2) || '-'
            || substr(CAST(100 + month AS TEXT), 2) || '-' || substr(CAST(100 + day AS TEXT), 2),
        NULL, code, name, kind, parent, sort
    FROM (SELECT id, code, name, kind, parent, sort, year,
            CASE WHEN turn < 10 THEN turn + 3 ELSE turn - 9 END AS month,
            day_of_year - (153 * turn + 2) / 5 + 1 AS day
        FROM (SELECT id, code, name, kind, parent, sort, year, day_of_year, (5 * day_of_year + 2) / 153 AS turn
            FROM (SELECT id, code, name, kind, parent, sort, year_of_era + era * 400 AS year,
                    day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100) AS day_of_year
                FROM (SELECT id, code, name, kind, parent, sort, era, day_of_era,
                        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365
                            AS year_of_era
                    FROM (SELECT id, code, name, kind, parent, sort, days / 146097 AS era,
                            days - days / 146097 * 146097 AS day_of_era
                        FROM (SELECT id, code, name, kind, parent, sort,
                                (created_at + 25200000) / 86400000 + 719468 AS days
                            FROM unit) AS counted) AS eras) AS years) AS months) AS turns) AS dated;
