-- What a machine has, switched off: a setting mends it, no purchase.
ALTER TABLE finding ADD COLUMN switched_off BOOLEAN NOT NULL DEFAULT FALSE;

-- How many verdicts of the latest assessment are so, and how many an exception holds for.
ALTER TABLE machine ADD COLUMN switched_off BIGINT NOT NULL DEFAULT 0;
ALTER TABLE machine ADD COLUMN waived BIGINT NOT NULL DEFAULT 0;
-- What Windows says of its own upgrade beside what the rules say: same, undecided, only_rules (the rules say it can),
-- only_windows; empty where Windows said nothing. And why, as JSON.
ALTER TABLE machine ADD COLUMN opinion TEXT NOT NULL DEFAULT '';
ALTER TABLE machine ADD COLUMN opinion_why TEXT NOT NULL DEFAULT '';
-- A fingerprint of the verdicts of the latest assessment, by which judging again sees that nothing differs; empty before
-- the first.
ALTER TABLE machine ADD COLUMN verdicts TEXT NOT NULL DEFAULT '';
-- What the overview and the lists count of this stands in one index.
CREATE INDEX machine_noted ON machine (unit_path, waived, switched_off, opinion);
CREATE INDEX finding_switched_off ON finding (switched_off, rule);

-- Every machine is looked at again when the collector starts next: these columns are made from its latest report.
UPDATE machine SET rules_digest = '';
DELETE FROM setting WHERE name = 'rules';
