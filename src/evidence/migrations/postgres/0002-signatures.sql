-- Signed heads of the log, what was published of them, and what erasure needs.

-- The keys that signed, as C2SP verifier keys. The first is the first that ever signed.
CREATE TABLE ledger_key (
  id    integer PRIMARY KEY,
  vkey  text COLLATE "C" NOT NULL UNIQUE
);

-- A signature over the checkpoint of a size: 64 bytes, Ed25519. The text of the checkpoint follows from the ledger.
CREATE TABLE checkpoint (
  size       integer NOT NULL,
  key        integer NOT NULL REFERENCES ledger_key,
  signature  bytea NOT NULL CHECK (length(signature) = 64),
  PRIMARY KEY (size, key)
);
ALTER TABLE checkpoint ALTER COLUMN signature SET STORAGE PLAIN;

-- What an outside place answered when it was handed the checkpoint of a size.
CREATE TABLE anchor (
  at       bigint NOT NULL,
  size     integer NOT NULL,
  name     text COLLATE "C" NOT NULL,
  kind     text COLLATE "C" NOT NULL,
  receipt  bytea NOT NULL,
  PRIMARY KEY (name, size)
);

CREATE TRIGGER ledger_key_is_not_changed BEFORE UPDATE ON ledger_key FOR EACH ROW EXECUTE FUNCTION evidence_is_not_changed();
CREATE TRIGGER checkpoint_is_not_changed BEFORE UPDATE ON checkpoint FOR EACH ROW EXECUTE FUNCTION evidence_is_not_changed();
CREATE TRIGGER anchor_is_not_changed     BEFORE UPDATE ON anchor     FOR EACH ROW EXECUTE FUNCTION evidence_is_not_changed();
CREATE TRIGGER ledger_key_is_not_deleted BEFORE DELETE ON ledger_key FOR EACH ROW EXECUTE FUNCTION evidence_is_not_deleted();
CREATE TRIGGER checkpoint_is_not_deleted BEFORE DELETE ON checkpoint FOR EACH ROW EXECUTE FUNCTION evidence_is_not_deleted();
CREATE TRIGGER anchor_is_not_deleted     BEFORE DELETE ON anchor     FOR EACH ROW EXECUTE FUNCTION evidence_is_not_deleted();
CREATE TRIGGER ledger_key_is_not_emptied BEFORE TRUNCATE ON ledger_key EXECUTE FUNCTION evidence_is_not_deleted();
CREATE TRIGGER checkpoint_is_not_emptied BEFORE TRUNCATE ON checkpoint EXECUTE FUNCTION evidence_is_not_deleted();
CREATE TRIGGER anchor_is_not_emptied     BEFORE TRUNCATE ON anchor     EXECUTE FUNCTION evidence_is_not_deleted();

-- A document keeps its number, its hash and its size for good. How it is stored may change, and its data may be purged: it is then empty,
-- and a leaf of kind `tombstone` says so.
DROP TRIGGER blob_is_not_changed ON blob;
CREATE TRIGGER blob_is_not_changed BEFORE UPDATE OF id, hash, size ON blob FOR EACH ROW EXECUTE FUNCTION evidence_is_not_changed();

-- The salt behind the committed name of an item that is a person. Erasing takes the salt, and puts the committed name in place of the key.
ALTER TABLE item ADD COLUMN salt bytea;
DROP TRIGGER item_is_not_changed ON item;
CREATE TRIGGER item_is_not_changed BEFORE UPDATE ON item FOR EACH ROW
  WHEN (NEW.id <> OLD.id OR NEW.scope <> OLD.scope OR OLD.salt IS NULL OR NEW.salt IS NOT NULL)
  EXECUTE FUNCTION evidence_is_not_changed();
