-- Results are kept as what each change did to them, in a row of the item; before, each run of each rule had one.

-- How a result was judged. `reason` is why it could not be observed.
CREATE TABLE verdict (
  id        INTEGER PRIMARY KEY,
  result    TEXT NOT NULL,
  severity  TEXT NOT NULL,
  reason    TEXT
) STRICT;

-- A cycle that changed the results of an item. `before` is the complete look before it. `results` has two characters for each rule that
-- changed: that with the code 256 more than the rule's number, and that with the code 32 more than the number of the verdict that begins, or
-- a space where the rule no longer judges the item. It is a single hyphen where the item is gone.
CREATE TABLE result_change (
  item     INTEGER NOT NULL,
  idx      INTEGER NOT NULL,
  before   INTEGER,
  results  TEXT NOT NULL,
  PRIMARY KEY (item, idx)
) STRICT, WITHOUT ROWID;

INSERT INTO verdict (result, severity, reason)
SELECT DISTINCT result, severity, reason FROM result_run ORDER BY result, severity, reason;

INSERT INTO result_change (item, idx, before, results)
SELECT item, told.idx, cycle.idx, CASE WHEN max(gone) = 1 THEN '-' ELSE group_concat(said, '' ORDER BY rule) END
FROM (
  SELECT item, idx, before AS last, 0 AS gone, rule, char(256 + rule, 32 + verdict.id) AS said
  FROM result_run JOIN verdict
    ON verdict.result = result_run.result AND verdict.severity = result_run.severity AND verdict.reason IS result_run.reason
  UNION ALL
  SELECT item, cycle.idx, last, gone, rule, char(256 + rule, 32)
  FROM result_run JOIN cycle ON cycle.as_of = result_run.ended
  WHERE NOT EXISTS (
    SELECT 1 FROM result_run AS next
    WHERE next.rule = result_run.rule AND next.scope = result_run.scope AND next.item = result_run.item AND next.first = result_run.ended
  )
) AS told LEFT JOIN cycle ON cycle.as_of = told.last
GROUP BY item, told.idx, cycle.idx
ORDER BY item, told.idx;

DROP TABLE result_run;
