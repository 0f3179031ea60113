-- Ids are random, so a table in their order has an import's rows all over it: at a million rows each batch wrote most of
-- its pages again. In the order in which they came, only the keys are all over. (PostgreSQL's tables always are.)

-- only sqlite
ALTER TABLE indicators RENAME TO indicators_before;
ALTER TABLE opinions RENAME TO opinions_before;
ALTER TABLE evidence RENAME TO evidence_before;
CREATE TABLE indicators (
    id BYTEA PRIMARY KEY,
    type TEXT NOT NULL,
    value TEXT NOT NULL,
    value_folded TEXT,
    host TEXT,
    low BYTEA,
    high BYTEA
) STRICT;
INSERT INTO indicators (id, type, value, value_folded, host, low, high)
SELECT id, type, value, value_folded, host, low, high FROM indicators_before;
CREATE TABLE opinions (
    owner_id BYTEA NOT NULL REFERENCES owners (id),
    indicator_id BYTEA NOT NULL REFERENCES indicators (id),
    type TEXT NOT NULL,
    pending BIGINT NOT NULL,
    rating BIGINT,
    confidence BIGINT,
    decay BIGINT,
    confidence_key BIGINT,
    renewed BIGINT NOT NULL,
    usage BIGINT NOT NULL,
    role TEXT NOT NULL,
    grade TEXT,
    tlp BIGINT NOT NULL,
    pap BIGINT NOT NULL,
    active BIGINT NOT NULL,
    active_reason TEXT,
    expires BIGINT,
    first_seen BIGINT,
    last_seen BIGINT,
    description TEXT,
    description_folded TEXT,
    source TEXT,
    source_folded TEXT,
    sightings BIGINT NOT NULL,
    false_positives BIGINT NOT NULL,
    added BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    import_id BYTEA,
    phrase BIGINT,
    PRIMARY KEY (owner_id, indicator_id)
) STRICT;
INSERT INTO opinions (owner_id, indicator_id, type, pending, rating, confidence, decay, confidence_key, renewed, usage, role, grade, tlp, pap, active, active_reason, expires, first_seen, last_seen, description, description_folded, source, source_folded, sightings, false_positives, added, modified, revision, import_id, phrase)
SELECT owner_id, indicator_id, type, pending, rating, confidence, decay, confidence_key, renewed, usage, role, grade, tlp, pap, active, active_reason, expires, first_seen, last_seen, description, description_folded, source, source_folded, sightings, false_positives, added, modified, revision, import_id, phrase FROM opinions_before;
CREATE TABLE evidence (
    indicator_id BYTEA NOT NULL,
    owner_id BYTEA NOT NULL,
    number BIGINT NOT NULL,
    time BIGINT NOT NULL,
    user_id BYTEA,
    import_id BYTEA,
    tlp BIGINT NOT NULL,
    sources TEXT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (indicator_id, owner_id, number)
) STRICT;
INSERT INTO evidence (indicator_id, owner_id, number, time, user_id, import_id, tlp, sources, content)
SELECT indicator_id, owner_id, number, time, user_id, import_id, tlp, sources, content FROM evidence_before;
DROP TABLE evidence_before;
DROP TABLE opinions_before;
DROP TABLE indicators_before;
CREATE INDEX indicators_by_host ON indicators (host) WHERE host IS NOT NULL;
CREATE INDEX indicators_by_address ON indicators (low, high) WHERE low IS NOT NULL;
CREATE INDEX opinions_of_indicator ON opinions (indicator_id, owner_id);
CREATE INDEX opinions_by_type ON opinions (owner_id, type, indicator_id);
CREATE INDEX opinions_by_rating ON opinions (owner_id, rating, indicator_id) WHERE rating IS NOT NULL;
CREATE INDEX opinions_by_confidence ON opinions (decay, confidence_key, indicator_id) WHERE confidence_key IS NOT NULL;
CREATE INDEX opinions_by_modified ON opinions (owner_id, modified, indicator_id);
CREATE INDEX opinions_by_last_seen ON opinions (owner_id, last_seen, indicator_id) WHERE last_seen IS NOT NULL;
CREATE INDEX opinions_by_usage ON opinions (owner_id, usage, indicator_id) WHERE usage > 0;
CREATE INDEX opinions_by_expiry ON opinions (expires) WHERE expires IS NOT NULL;
CREATE INDEX opinions_pending ON opinions (owner_id, indicator_id) WHERE pending = 1;
CREATE INDEX opinions_by_import ON opinions (import_id) WHERE import_id IS NOT NULL;
CREATE INDEX opinions_by_phrase ON opinions (phrase, owner_id, indicator_id) WHERE phrase IS NOT NULL;
CREATE INDEX opinions_unsure ON opinions (owner_id, indicator_id) WHERE confidence_key IS NULL;
