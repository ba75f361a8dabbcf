-- A dated exception from one rule, for one machine or for a unit with all below it.
CREATE TABLE waiver (
    id          TEXT PRIMARY KEY,
    -- One of these two.
    machine     TEXT REFERENCES machine (id),
    unit        TEXT REFERENCES unit (id),
    -- Id of the rule. It may be in no set that is in force: then the waiver matches nothing, and that is shown.
    rule        TEXT NOT NULL,
    reason      TEXT NOT NULL,
    granted_by  TEXT NOT NULL,
    granted_at  BIGINT NOT NULL,
    -- The last day on which it holds, as 2026-12-31, in Vietnam.
    ends_on     TEXT NOT NULL,
    ended_at    BIGINT,
    -- Who ended it: an account's name, or "calendar".
    ended_by    TEXT
);
CREATE INDEX waiver_machine ON waiver (machine, ended_at);
CREATE INDEX waiver_unit ON waiver (unit, ended_at);
CREATE INDEX waiver_ended ON waiver (ended_at, ends_on);
