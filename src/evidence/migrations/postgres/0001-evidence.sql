-- The tables of SQLite's 0001-evidence.sql under the same names. Wide columns come first, so that rows need no padding. Text is ordered by its
-- bytes. What is compressed already is not compressed again.

CREATE FUNCTION evidence_is_not_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'evidence is not changed'; END $$;
CREATE FUNCTION evidence_is_not_deleted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'evidence is not deleted'; END $$;

CREATE TABLE scope (
  id   integer PRIMARY KEY,
  key  text COLLATE "C" NOT NULL UNIQUE
);

CREATE TABLE item (
  id     integer PRIMARY KEY,
  scope  integer NOT NULL REFERENCES scope,
  key    text COLLATE "C" NOT NULL,
  UNIQUE (scope, key)
);

-- A document by its SHA-256: zstd, with the document `base` as raw dictionary.
CREATE TABLE blob (
  id     integer PRIMARY KEY,
  base   integer REFERENCES blob,
  size   integer NOT NULL,
  depth  smallint NOT NULL CHECK (depth BETWEEN 0 AND 16),
  hash   bytea NOT NULL UNIQUE CHECK (length(hash) = 32),
  data   bytea NOT NULL
);
ALTER TABLE blob ALTER COLUMN data SET STORAGE EXTERNAL, ALTER COLUMN hash SET STORAGE PLAIN;

-- The leaves of the log: hash per RFC 6962; canonical JSON as zstd, with the leaf `base` as raw dictionary.
CREATE TABLE ledger (
  idx   integer PRIMARY KEY,
  base  integer REFERENCES ledger,
  size  integer NOT NULL,
  hash  bytea NOT NULL CHECK (length(hash) = 32),
  data  bytea NOT NULL
);
ALTER TABLE ledger ALTER COLUMN data SET STORAGE EXTERNAL, ALTER COLUMN hash SET STORAGE PLAIN;

-- Leaves of kind `cycle`. `looks` names the scopes that were looked at, their hold, which failed and why, and which were retired.
CREATE TABLE cycle (
  as_of       bigint NOT NULL UNIQUE,
  ended       bigint NOT NULL,
  idx         integer PRIMARY KEY REFERENCES ledger DEFERRABLE INITIALLY DEFERRED,
  rule_set    integer NOT NULL REFERENCES blob,
  looks       integer NOT NULL REFERENCES blob,
  manifest    integer NOT NULL REFERENCES blob,
  scopes      integer NOT NULL,
  failed      integer NOT NULL,
  changes     integer NOT NULL,
  connection  text COLLATE "C" NOT NULL
);

-- Leaves of every other kind.
CREATE TABLE entry (
  as_of  bigint NOT NULL,
  idx    integer PRIMARY KEY REFERENCES ledger DEFERRABLE INITIALLY DEFERRED,
  body   integer NOT NULL REFERENCES blob,
  kind   text COLLATE "C" NOT NULL
);

-- What a cycle saw of an item that was new, changed, judged differently, or gone (all but `item` and `idx` null).
-- `vector` has a letter for each rule of the population, in the order of the rule set: P pass, F fail, N not-applicable, U unobserved, W pending.
CREATE TABLE change (
  at        bigint,
  item      integer NOT NULL REFERENCES item,
  idx       integer NOT NULL REFERENCES cycle DEFERRABLE INITIALLY DEFERRED,
  snapshot  integer REFERENCES blob,
  detail    integer REFERENCES blob,
  vector    text COLLATE "C",
  PRIMARY KEY (item, idx),
  CHECK ((snapshot IS NULL) = (vector IS NULL) AND (snapshot IS NULL) = (detail IS NULL) AND (snapshot IS NOT NULL OR at IS NULL))
);
CREATE INDEX change_by_cycle ON change (idx);

CREATE TRIGGER scope_is_not_changed  BEFORE UPDATE ON scope  FOR EACH ROW EXECUTE FUNCTION evidence_is_not_changed();
CREATE TRIGGER item_is_not_changed   BEFORE UPDATE ON item   FOR EACH ROW EXECUTE FUNCTION evidence_is_not_changed();
CREATE TRIGGER blob_is_not_changed   BEFORE UPDATE ON blob   FOR EACH ROW EXECUTE FUNCTION evidence_is_not_changed();
CREATE TRIGGER ledger_is_not_changed BEFORE UPDATE ON ledger FOR EACH ROW EXECUTE FUNCTION evidence_is_not_changed();
CREATE TRIGGER cycle_is_not_changed  BEFORE UPDATE ON cycle  FOR EACH ROW EXECUTE FUNCTION evidence_is_not_changed();
CREATE TRIGGER entry_is_not_changed  BEFORE UPDATE ON entry  FOR EACH ROW EXECUTE FUNCTION evidence_is_not_changed();
CREATE TRIGGER change_is_not_changed BEFORE UPDATE ON change FOR EACH ROW EXECUTE FUNCTION evidence_is_not_changed();
CREATE TRIGGER scope_is_not_deleted  BEFORE DELETE ON scope  FOR EACH ROW EXECUTE FUNCTION evidence_is_not_deleted();
CREATE TRIGGER item_is_not_deleted   BEFORE DELETE ON item   FOR EACH ROW EXECUTE FUNCTION evidence_is_not_deleted();
CREATE TRIGGER blob_is_not_deleted   BEFORE DELETE ON blob   FOR EACH ROW EXECUTE FUNCTION evidence_is_not_deleted();
CREATE TRIGGER ledger_is_not_deleted BEFORE DELETE ON ledger FOR EACH ROW EXECUTE FUNCTION evidence_is_not_deleted();
CREATE TRIGGER cycle_is_not_deleted  BEFORE DELETE ON cycle  FOR EACH ROW EXECUTE FUNCTION evidence_is_not_deleted();
CREATE TRIGGER entry_is_not_deleted  BEFORE DELETE ON entry  FOR EACH ROW EXECUTE FUNCTION evidence_is_not_deleted();
CREATE TRIGGER change_is_not_deleted BEFORE DELETE ON change FOR EACH ROW EXECUTE FUNCTION evidence_is_not_deleted();
CREATE TRIGGER scope_is_not_emptied  BEFORE TRUNCATE ON scope  EXECUTE FUNCTION evidence_is_not_deleted();
CREATE TRIGGER item_is_not_emptied   BEFORE TRUNCATE ON item   EXECUTE FUNCTION evidence_is_not_deleted();
CREATE TRIGGER blob_is_not_emptied   BEFORE TRUNCATE ON blob   EXECUTE FUNCTION evidence_is_not_deleted();
CREATE TRIGGER ledger_is_not_emptied BEFORE TRUNCATE ON ledger EXECUTE FUNCTION evidence_is_not_deleted();
CREATE TRIGGER cycle_is_not_emptied  BEFORE TRUNCATE ON cycle  EXECUTE FUNCTION evidence_is_not_deleted();
CREATE TRIGGER entry_is_not_emptied  BEFORE TRUNCATE ON entry  EXECUTE FUNCTION evidence_is_not_deleted();
CREATE TRIGGER change_is_not_emptied BEFORE TRUNCATE ON change EXECUTE FUNCTION evidence_is_not_deleted();

-- Projections.

CREATE TABLE rule (
  id   integer PRIMARY KEY,
  key  text COLLATE "C" NOT NULL UNIQUE
);

-- Maximal runs of looks with one result. `last` and `ended` are null while the run goes on.
CREATE TABLE result_run (
  first     bigint NOT NULL,
  before    bigint,
  last      bigint,
  ended     bigint,
  rule      integer NOT NULL,
  scope     integer NOT NULL,
  item      integer NOT NULL,
  idx       integer NOT NULL,
  gone      smallint NOT NULL,
  result    text COLLATE "C" NOT NULL,
  severity  text COLLATE "C" NOT NULL,
  reason    text COLLATE "C",
  PRIMARY KEY (rule, scope, item, first)
);

-- Between two complete looks further apart than the hold. `until` is null while it lasts. `unread` is canonical JSON.
CREATE TABLE gap (
  since   bigint NOT NULL,
  until   bigint,
  scope   integer NOT NULL,
  reason  text COLLATE "C" NOT NULL,
  unread  text COLLATE "C",
  PRIMARY KEY (scope, since)
);

-- Roots of the full subtrees of 256 leaves of the log.
CREATE TABLE ledger_node (
  n      integer NOT NULL,
  level  smallint NOT NULL,
  hash   bytea NOT NULL,
  PRIMARY KEY (level, n)
);

-- The ids of a cycle's requests, by scope in the order of its calls: zstd of canonical JSON. Kept for a while only; the leaf has their root.
CREATE TABLE request_ids (
  idx   integer PRIMARY KEY,
  size  integer NOT NULL,
  data  bytea NOT NULL
);
ALTER TABLE request_ids ALTER COLUMN data SET STORAGE EXTERNAL;
