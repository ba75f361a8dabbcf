-- What pages count of the machines of a unit stood in four indexes, and each judgement was written into all of them.
CREATE INDEX machine_counted ON machine (unit_path, unit, role, grade, seen_at, taken_at, waived, switched_off, unsure,
    opinion, ruleset);
DROP INDEX machine_count;
DROP INDEX machine_seat;
DROP INDEX machine_noted;
DROP INDEX machine_judged;

-- Few findings are switched off, and all others stood in this index too.
DROP INDEX finding_switched_off;
CREATE INDEX finding_switched_off ON finding (rule) WHERE switched_off;
