-- Primary evidence: rows are added and never changed. Everything after it can be computed from it.

CREATE TABLE scope (
  id   INTEGER PRIMARY KEY,
  key  TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE item (
  id     INTEGER PRIMARY KEY,
  scope  INTEGER NOT NULL REFERENCES scope,
  key    TEXT NOT NULL,
  UNIQUE (scope, key)
) STRICT;

-- A document by its SHA-256: zstd, with the document `base` as raw dictionary.
CREATE TABLE blob (
  id     INTEGER PRIMARY KEY,
  hash   BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
  base   INTEGER REFERENCES blob,
  depth  INTEGER NOT NULL CHECK (depth BETWEEN 0 AND 16),
  size   INTEGER NOT NULL,
  data   BLOB NOT NULL
) STRICT;

-- The leaves of the log: hash per RFC 6962; canonical JSON as zstd, with the leaf `base` as raw dictionary.
CREATE TABLE ledger (
  idx   INTEGER PRIMARY KEY,
  hash  BLOB NOT NULL CHECK (length(hash) = 32),
  base  INTEGER REFERENCES ledger,
  size  INTEGER NOT NULL,
  data  BLOB NOT NULL
) STRICT;

-- Leaves of kind `cycle`. `looks` names the scopes that were looked at, their hold, which failed and why, and which were retired.
CREATE TABLE cycle (
  idx         INTEGER PRIMARY KEY REFERENCES ledger DEFERRABLE INITIALLY DEFERRED,
  connection  TEXT NOT NULL,
  as_of       INTEGER NOT NULL UNIQUE,
  ended       INTEGER NOT NULL,
  rule_set    INTEGER NOT NULL REFERENCES blob,
  looks       INTEGER NOT NULL REFERENCES blob,
  manifest    INTEGER NOT NULL REFERENCES blob,
  scopes      INTEGER NOT NULL,
  failed      INTEGER NOT NULL,
  changes     INTEGER NOT NULL
) STRICT;

-- Leaves of every other kind.
CREATE TABLE entry (
  idx    INTEGER PRIMARY KEY REFERENCES ledger DEFERRABLE INITIALLY DEFERRED,
  kind   TEXT NOT NULL,
  as_of  INTEGER NOT NULL,
  body   INTEGER NOT NULL REFERENCES blob
) STRICT;

-- What a cycle saw of an item that was new, changed, judged differently, or gone (all but `item` and `idx` null).
-- `vector` has a letter for each rule of the population, in the order of the rule set: P pass, F fail, N not-applicable, U unobserved, W pending.
CREATE TABLE change (
  item      INTEGER NOT NULL REFERENCES item,
  idx       INTEGER NOT NULL REFERENCES cycle DEFERRABLE INITIALLY DEFERRED,
  snapshot  INTEGER REFERENCES blob,
  vector    TEXT,
  detail    INTEGER REFERENCES blob,
  at        INTEGER,
  PRIMARY KEY (item, idx),
  CHECK ((snapshot IS NULL) = (vector IS NULL) AND (snapshot IS NULL) = (detail IS NULL) AND (snapshot IS NOT NULL OR at IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX change_by_cycle ON change (idx);

CREATE TRIGGER scope_is_not_changed  BEFORE UPDATE ON scope  BEGIN SELECT RAISE(ABORT, 'evidence is not changed'); END;
CREATE TRIGGER item_is_not_changed   BEFORE UPDATE ON item   BEGIN SELECT RAISE(ABORT, 'evidence is not changed'); END;
CREATE TRIGGER blob_is_not_changed   BEFORE UPDATE ON blob   BEGIN SELECT RAISE(ABORT, 'evidence is not changed'); END;
CREATE TRIGGER ledger_is_not_changed BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'evidence is not changed'); END;
CREATE TRIGGER cycle_is_not_changed  BEFORE UPDATE ON cycle  BEGIN SELECT RAISE(ABORT, 'evidence is not changed'); END;
CREATE TRIGGER entry_is_not_changed  BEFORE UPDATE ON entry  BEGIN SELECT RAISE(ABORT, 'evidence is not changed'); END;
CREATE TRIGGER change_is_not_changed BEFORE UPDATE ON change BEGIN SELECT RAISE(ABORT, 'evidence is not changed'); END;
CREATE TRIGGER scope_is_not_deleted  BEFORE DELETE ON scope  BEGIN SELECT RAISE(ABORT, 'evidence is not deleted'); END;
CREATE TRIGGER item_is_not_deleted   BEFORE DELETE ON item   BEGIN SELECT RAISE(ABORT, 'evidence is not deleted'); END;
CREATE TRIGGER blob_is_not_deleted   BEFORE DELETE ON blob   BEGIN SELECT RAISE(ABORT, 'evidence is not deleted'); END;
CREATE TRIGGER ledger_is_not_deleted BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'evidence is not deleted'); END;
CREATE TRIGGER cycle_is_not_deleted  BEFORE DELETE ON cycle  BEGIN SELECT RAISE(ABORT, 'evidence is not deleted'); END;
CREATE TRIGGER entry_is_not_deleted  BEFORE DELETE ON entry  BEGIN SELECT RAISE(ABORT, 'evidence is not deleted'); END;
CREATE TRIGGER change_is_not_deleted BEFORE DELETE ON change BEGIN SELECT RAISE(ABORT, 'evidence is not deleted'); END;

-- Projections.

CREATE TABLE rule (
  id   INTEGER PRIMARY KEY,
  key  TEXT NOT NULL UNIQUE
) STRICT;

-- Maximal runs of looks with one result. `last` and `ended` are null while the run goes on.
CREATE TABLE result_run (
  rule      INTEGER NOT NULL,
  scope     INTEGER NOT NULL,
  item      INTEGER NOT NULL,
  first     INTEGER NOT NULL,
  before    INTEGER,
  last      INTEGER,
  ended     INTEGER,
  gone      INTEGER NOT NULL,
  idx       INTEGER NOT NULL,
  result    TEXT NOT NULL,
  severity  TEXT NOT NULL,
  reason    TEXT,
  PRIMARY KEY (rule, scope, item, first)
) STRICT, WITHOUT ROWID;

-- Between two complete looks further apart than the hold. `until` is null while it lasts. `unread` is canonical JSON.
CREATE TABLE gap (
  scope   INTEGER NOT NULL,
  since   INTEGER NOT NULL,
  until   INTEGER,
  reason  TEXT NOT NULL,
  unread  TEXT,
  PRIMARY KEY (scope, since)
) STRICT, WITHOUT ROWID;

-- Roots of the full subtrees of 256 leaves of the log.
CREATE TABLE ledger_node (
  level  INTEGER NOT NULL,
  n      INTEGER NOT NULL,
  hash   BLOB NOT NULL,
  PRIMARY KEY (level, n)
) STRICT, WITHOUT ROWID;

-- The ids of a cycle's requests, by scope in the order of its calls: zstd of canonical JSON. Kept for a while only; the leaf has their root.
CREATE TABLE request_ids (
  idx   INTEGER PRIMARY KEY,
  size  INTEGER NOT NULL,
  data  BLOB NOT NULL
) STRICT;
