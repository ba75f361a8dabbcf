-- A report may build on an earlier full one of the same key: the sequence number of that one, null for a full report.
-- Without it the report cannot be opened, so whatever removes old reports keeps a base for as long as anything refers
-- to it (report_sequence finds both: the base by key and sequence, what refers to it within the next thirteen).
ALTER TABLE report ADD COLUMN base BIGINT;
