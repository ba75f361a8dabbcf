-- The JSON of an assessment, compressed: by itself, or with that of another one as the dictionary, which is never
-- itself compressed so. What an earlier program wrote stands in `body` as it was.
ALTER TABLE assessment ADD COLUMN packed BYTEA;
ALTER TABLE assessment ADD COLUMN base TEXT REFERENCES assessment (id);

-- Few machines are in conflict, and a page that counts them need not read all the others.
CREATE INDEX machine_conflicting ON machine (unit_path) WHERE conflicts > 0;
