-- Working places of one kind in one unit: what equipment norms are counted by.
CREATE TABLE seat (
    unit        TEXT NOT NULL REFERENCES unit (id),
    role        TEXT NOT NULL,
    -- leader, manager or specialist: the groups of positions of the norms.
    norm_group  TEXT NOT NULL,
    -- A/B or C: how their equipment is bought.
    regime      TEXT NOT NULL,
    count       BIGINT NOT NULL,
    PRIMARY KEY (unit, role, norm_group, regime)
);

-- Points in a plan for where a unit lies: mountain, border, island, newly merged.
ALTER TABLE unit ADD COLUMN points BIGINT NOT NULL DEFAULT 0;

-- Whether a machine is fit, what would mend it and what it sees, made from its latest report. It can always be made
-- again; what it was made from says whether it still holds.
CREATE TABLE diagnosis (
    machine  TEXT PRIMARY KEY REFERENCES machine (id),
    report   TEXT NOT NULL,
    -- The rules that judged, a space, and the digest of prices and norms.
    made_by  TEXT NOT NULL,
    -- JSON.
    body     TEXT NOT NULL
);
