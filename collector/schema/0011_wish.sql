-- What a unit declares that it needs beside its seats: what no norm counts and no machine sees.
CREATE TABLE wish (
    unit          TEXT NOT NULL REFERENCES unit (id),
    -- The item, as the price book names it.
    item          TEXT NOT NULL,
    -- How many there should be, and how many there are.
    count         BIGINT NOT NULL,
    have          BIGINT NOT NULL,
    -- The price of one that the unit expects, in đồng; none for that of the book.
    price         BIGINT,
    PRIMARY KEY (unit, item)
);
