-- The texts of rule sets and lifecycle tables that have judged, so that an assessment of years ago can be explained.
CREATE TABLE rules_text (
    -- The digest that the set or the table says of itself, in hexadecimal.
    digest         TEXT PRIMARY KEY,
    -- set, lifecycle.
    kind           TEXT NOT NULL,
    -- The id of the set; lifecycle for a table.
    id             TEXT NOT NULL,
    text           TEXT NOT NULL,
    -- The digests of the sets that it was read among, with spaces between: it may extend or ask for one of them.
    beside         TEXT NOT NULL,
    first_used_at  BIGINT NOT NULL
);
CREATE INDEX rules_text_id ON rules_text (id, first_used_at);

-- The digest that assessments carry, taken apart: set, lifecycle table, and what a unit set for itself.
CREATE TABLE rules_pair (
    digest         TEXT PRIMARY KEY,
    ruleset        TEXT NOT NULL REFERENCES rules_text (digest),
    lifecycle      TEXT NOT NULL REFERENCES rules_text (digest),
    -- Parameters that differ from their defaults, as a JSON object by name; {} for none.
    settings       TEXT NOT NULL,
    -- Ids of the rules that were waived, with spaces between.
    waived         TEXT NOT NULL,
    first_used_at  BIGINT NOT NULL
);
CREATE INDEX rules_pair_ruleset ON rules_pair (ruleset);

-- Every time that another text of a set was put in the place of the one before.
CREATE TABLE rules_activation (
    id        TEXT PRIMARY KEY,
    at        BIGINT NOT NULL,
    -- The account's name, or the program.
    actor     TEXT NOT NULL,
    ruleset   TEXT NOT NULL,
    -- The digests before and after; null where there was no such set, or is none any more.
    before    TEXT,
    after     TEXT,
    reason    TEXT NOT NULL,
    -- Machines that have a report, and those of them that came out otherwise; null when nobody counted.
    machines  BIGINT,
    changed   BIGINT
);
CREATE INDEX rules_activation_after ON rules_activation (after, id);

-- How many machines each rules judge.
CREATE INDEX machine_rules ON machine (rules_digest);
