-- What stood in `verdicts` was a fingerprint; now it is what each rule says, in short, as judging writes it. Every machine
-- is looked at again when the collector starts next: it is made from its latest report.
UPDATE machine SET verdicts = '', rules_digest = '';
DELETE FROM setting WHERE name = 'rules';

-- An assessment with nothing in `packed` and something in `base` amends the one that `base` names: in its `body` stand those
-- verdicts only that take the place of others.
