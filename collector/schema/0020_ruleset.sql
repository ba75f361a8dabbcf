-- Which set judged a machine last, by its id; empty where none did. What was asked of a machine is what its set asks.
ALTER TABLE machine ADD COLUMN ruleset TEXT NOT NULL DEFAULT '';
UPDATE machine SET ruleset = COALESCE((SELECT a.ruleset FROM assessment a WHERE a.id = machine.assessment), '');
CREATE INDEX machine_judged ON machine (unit_path, ruleset, role);
