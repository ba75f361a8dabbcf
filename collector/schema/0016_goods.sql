-- What a plan buys or rents for a unit and for no machine that is there: a PC for a seat that has none, a printer that
-- seats share, what a unit declares. Kept until people have it and, where one can, a report shows it.
CREATE TABLE goods (
    id            TEXT PRIMARY KEY,
    unit          TEXT NOT NULL REFERENCES unit (id),
    -- buy, licence, rent.
    means         TEXT NOT NULL,
    -- As the price book names it.
    item          TEXT NOT NULL,
    -- The role of the seats that it is for; empty of what seats share.
    role          TEXT NOT NULL,
    count         BIGINT NOT NULL,
    -- What reports count without these: of shared devices those that were there, and what was to come already.
    base          BIGINT NOT NULL,
    made_at       BIGINT NOT NULL,
    made_by       TEXT NOT NULL,
    ticked_by     TEXT,
    ticked_at     BIGINT,
    -- How many of them reports show.
    arrived       BIGINT NOT NULL DEFAULT 0,
    -- When the report was taken that showed the last.
    confirmed_at  BIGINT
);
CREATE INDEX goods_unit ON goods (unit);
