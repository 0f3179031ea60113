-- Descriptions of indicators, each text once however many opinions have it: lists repeat theirs a thousand times.
CREATE TABLE phrases (
    number BIGINT PRIMARY KEY,
    hash BYTEA NOT NULL UNIQUE,
    folded TEXT NOT NULL
) STRICT;
-- only sqlite
CREATE VIRTUAL TABLE phrases_index USING fts5 (folded, content = 'phrases', content_rowid = 'number', tokenize = 'trigram case_sensitive 1');
CREATE TRIGGER phrases_added AFTER INSERT ON phrases BEGIN
    INSERT INTO phrases_index (rowid, folded) VALUES (new.number, new.folded);
END;
CREATE TRIGGER phrases_removed AFTER DELETE ON phrases BEGIN
    INSERT INTO phrases_index (phrases_index, rowid, folded) VALUES ('delete', old.number, old.folded);
END;
-- only postgres
CREATE INDEX phrases_index ON phrases USING gin (folded gin_trgm_ops);
-- both
ALTER TABLE opinions ADD COLUMN phrase BIGINT;
CREATE INDEX opinions_by_phrase ON opinions (phrase, owner_id, indicator_id) WHERE phrase IS NOT NULL;

-- Lists by confidence end with what has none.
CREATE INDEX opinions_unsure ON opinions (owner_id, indicator_id) WHERE confidence_key IS NULL;
-- Whether a note has replies is asked whenever one is removed.
CREATE INDEX notes_replies ON notes (reply_to) WHERE reply_to IS NOT NULL;
