-- What a unit sets for itself in a rule set, for its own machines and those of all units below it: nearest wins.
CREATE TABLE parameter (
    unit     TEXT NOT NULL REFERENCES unit (id),
    -- Id of the rule set. It may have no such parameter any more: then the value matches nothing, and that is shown.
    ruleset  TEXT NOT NULL,
    name     TEXT NOT NULL,
    -- As JSON: a text, a number, true or false, or a list of texts.
    value    TEXT NOT NULL,
    set_by   TEXT NOT NULL,
    set_at   BIGINT NOT NULL,
    reason   TEXT NOT NULL,
    PRIMARY KEY (unit, ruleset, name)
);
