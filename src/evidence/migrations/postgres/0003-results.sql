-- Results are kept as what each change did to them, in a row of the item; before, each run of each rule had one.

-- How a result was judged. `reason` is why it could not be observed.
CREATE TABLE verdict (
  id        integer PRIMARY KEY,
  result    text COLLATE "C" NOT NULL,
  severity  text COLLATE "C" NOT NULL,
  reason    text COLLATE "C"
);

-- A cycle that changed the results of an item. `before` is the complete look before it. `results` has two characters for each rule that
-- changed: that with the code 256 more than the rule's number, and that with the code 32 more than the number of the verdict that begins, or
-- a space where the rule no longer judges the item. It is a single hyphen where the item is gone.
CREATE TABLE result_change (
  item     integer NOT NULL,
  idx      integer NOT NULL,
  before   integer,
  results  text COLLATE "C" NOT NULL,
  PRIMARY KEY (item, idx)
);

INSERT INTO verdict (id, result, severity, reason)
SELECT row_number() OVER (ORDER BY result, severity, reason), result, severity, reason
FROM (SELECT DISTINCT result, severity, reason FROM result_run) AS judged;

INSERT INTO result_change (item, idx, before, results)
SELECT item, told.idx, cycle.idx, CASE WHEN max(gone) = 1 THEN '-' ELSE string_agg(said, '' ORDER BY rule) END
FROM (
  SELECT item, idx, before AS last, 0 AS gone, rule, chr(256 + rule) || chr(32 + verdict.id) AS said
  FROM result_run JOIN verdict
    ON verdict.result = result_run.result AND verdict.severity = result_run.severity AND verdict.reason IS NOT DISTINCT FROM result_run.reason
  UNION ALL
  SELECT item, cycle.idx, last, gone, rule, chr(256 + rule) || chr(32)
  FROM result_run JOIN cycle ON cycle.as_of = result_run.ended
  WHERE NOT EXISTS (
    SELECT 1 FROM result_run AS next
    WHERE next.rule = result_run.rule AND next.scope = result_run.scope AND next.item = result_run.item AND next.first = result_run.ended
  )
) AS told LEFT JOIN cycle ON cycle.as_of = told.last
GROUP BY item, told.idx, cycle.idx;

DROP TABLE result_run;
