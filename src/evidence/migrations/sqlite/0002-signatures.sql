-- Signed heads of the log, what was published of them, and what erasure needs.

-- The keys that signed, as C2SP verifier keys. The first is the first that ever signed.
CREATE TABLE ledger_key (
  id    INTEGER PRIMARY KEY,
  vkey  TEXT NOT NULL UNIQUE
) STRICT;

-- A signature over the checkpoint of a size: 64 bytes, Ed25519. The text of the checkpoint follows from the ledger.
CREATE TABLE checkpoint (
  size       INTEGER NOT NULL,
  key        INTEGER NOT NULL REFERENCES ledger_key,
  signature  BLOB NOT NULL CHECK (length(signature) = 64),
  PRIMARY KEY (size, key)
) STRICT, WITHOUT ROWID;

-- What an outside place answered when it was handed the checkpoint of a size.
CREATE TABLE anchor (
  name     TEXT NOT NULL,
  size     INTEGER NOT NULL,
  kind     TEXT NOT NULL,
  at       INTEGER NOT NULL,
  receipt  BLOB NOT NULL,
  PRIMARY KEY (name, size)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER ledger_key_is_not_changed BEFORE UPDATE ON ledger_key BEGIN SELECT RAISE(ABORT, 'evidence is not changed'); END;
CREATE TRIGGER checkpoint_is_not_changed BEFORE UPDATE ON checkpoint BEGIN SELECT RAISE(ABORT, 'evidence is not changed'); END;
CREATE TRIGGER anchor_is_not_changed     BEFORE UPDATE ON anchor     BEGIN SELECT RAISE(ABORT, 'evidence is not changed'); END;
CREATE TRIGGER ledger_key_is_not_deleted BEFORE DELETE ON ledger_key BEGIN SELECT RAISE(ABORT, 'evidence is not deleted'); END;
CREATE TRIGGER checkpoint_is_not_deleted BEFORE DELETE ON checkpoint BEGIN SELECT RAISE(ABORT, 'evidence is not deleted'); END;
CREATE TRIGGER anchor_is_not_deleted     BEFORE DELETE ON anchor     BEGIN SELECT RAISE(ABORT, 'evidence is not deleted'); END;

-- A document keeps its number, its hash and its size for good. How it is stored may change, and its data may be purged: it is then empty,
-- and a leaf of kind `tombstone` says so.
DROP TRIGGER blob_is_not_changed;
CREATE TRIGGER blob_is_not_changed BEFORE UPDATE OF id, hash, size ON blob BEGIN SELECT RAISE(ABORT, 'evidence is not changed'); END;

-- The salt behind the committed name of an item that is a person. Erasing takes the salt, and puts the committed name in place of the key.
ALTER TABLE item ADD COLUMN salt BLOB;
DROP TRIGGER item_is_not_changed;
CREATE TRIGGER item_is_not_changed BEFORE UPDATE ON item
  WHEN NEW.id <> OLD.id OR NEW.scope <> OLD.scope OR OLD.salt IS NULL OR NEW.salt IS NOT NULL
  BEGIN SELECT RAISE(ABORT, 'evidence is not changed'); END;
