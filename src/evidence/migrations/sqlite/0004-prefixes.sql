-- Documents are found by the first bytes of their hash: an index of whole hashes took as much as a fifth of all documents. That no hash is
-- there twice is looked after by who writes, and by the check.

CREATE TABLE documents (
  id     INTEGER PRIMARY KEY,
  hash   BLOB NOT NULL CHECK (length(hash) = 32),
  base   INTEGER REFERENCES blob,
  depth  INTEGER NOT NULL CHECK (depth BETWEEN 0 AND 16),
  size   INTEGER NOT NULL,
  data   BLOB NOT NULL
) STRICT;
INSERT INTO documents SELECT id, hash, base, depth, size, data FROM blob ORDER BY id;
DROP TABLE blob;
ALTER TABLE documents RENAME TO blob;
CREATE INDEX blob_by_hash ON blob (substr(hash, 1, 4));

CREATE TRIGGER blob_is_not_changed BEFORE UPDATE OF id, hash, size ON blob BEGIN SELECT RAISE(ABORT, 'evidence is not changed'); END;
CREATE TRIGGER blob_is_not_deleted BEFORE DELETE ON blob BEGIN SELECT RAISE(ABORT, 'evidence is not deleted'); END;
