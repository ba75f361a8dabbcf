-- How many critical rules of the latest assessment nobody knows: a machine that is ready may have one that it fails.
ALTER TABLE machine ADD COLUMN unsure BIGINT NOT NULL DEFAULT 0;
UPDATE machine SET unsure = (SELECT COUNT(*) FROM finding f
    WHERE f.machine = machine.id AND f.outcome = 'unknown' AND f.severity = 'critical');
-- What the overview and the lists count stands in one index.
DROP INDEX machine_noted;
CREATE INDEX machine_noted ON machine (unit_path, waived, switched_off, opinion, grade, unsure);
