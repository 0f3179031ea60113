-- One text for both engines. Words of types are PostgreSQL's; for SQLite they are replaced (see src/dialect.rs).
-- Times are seconds since 1970, ids 16 octets, yes is 1 and no is 0, ordered words (tlp, pap, usage) are their rank.

CREATE TABLE owners (
    id BYTEA PRIMARY KEY,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    reviewed BIGINT NOT NULL,
    open BIGINT NOT NULL,
    tlp BIGINT NOT NULL,
    created BIGINT NOT NULL,
    revision BIGINT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
    id BYTEA PRIMARY KEY,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL UNIQUE,
    password TEXT,
    totp_secret BYTEA,
    totp_step BIGINT,
    administrator BIGINT NOT NULL,
    api_only BIGINT NOT NULL,
    disabled BIGINT NOT NULL,
    issuer TEXT,
    subject TEXT,
    created BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    UNIQUE (issuer, subject)
) STRICT, WITHOUT ROWID;

CREATE TABLE recovery_codes (
    user_id BYTEA NOT NULL REFERENCES users (id),
    hash BYTEA NOT NULL,
    used BIGINT,
    PRIMARY KEY (user_id, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE memberships (
    owner_id BYTEA NOT NULL REFERENCES owners (id),
    user_id BYTEA NOT NULL REFERENCES users (id),
    role TEXT NOT NULL,
    pseudonym TEXT,
    PRIMARY KEY (owner_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX memberships_of_user ON memberships (user_id, owner_id);

CREATE TABLE sessions (
    id BYTEA PRIMARY KEY,
    user_id BYTEA NOT NULL REFERENCES users (id),
    hash BYTEA NOT NULL UNIQUE,
    created BIGINT NOT NULL,
    seen BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    address TEXT NOT NULL,
    agent TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_of_user ON sessions (user_id);

CREATE TABLE tokens (
    id BYTEA PRIMARY KEY,
    user_id BYTEA NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    hash BYTEA NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    networks TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT,
    used BIGINT
) STRICT, WITHOUT ROWID;
CREATE INDEX tokens_of_user ON tokens (user_id);

-- Failed sign-ins, by account and network of the client, so that nobody can lock others out.
CREATE TABLE attempts (
    account TEXT NOT NULL,
    network TEXT NOT NULL,
    failures BIGINT NOT NULL,
    last BIGINT NOT NULL,
    PRIMARY KEY (account, network)
) STRICT, WITHOUT ROWID;

-- Which observation sources are not for everybody, and whose members may read them.
CREATE TABLE restricted_sources (
    source BIGINT PRIMARY KEY
) STRICT;
CREATE TABLE source_readers (
    source BIGINT NOT NULL REFERENCES restricted_sources (source),
    owner_id BYTEA NOT NULL REFERENCES owners (id),
    PRIMARY KEY (source, owner_id)
) STRICT, WITHOUT ROWID;

-- Values that the audit log names by reference, so that they can be forgotten without breaking its chain.
CREATE TABLE personal_values (
    id BYTEA PRIMARY KEY,
    value TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX personal_values_by_value ON personal_values (value) WHERE value IS NOT NULL;

CREATE TABLE audit (
    number BIGINT PRIMARY KEY,
    time BIGINT NOT NULL,
    actor BYTEA NOT NULL,
    action TEXT NOT NULL,
    object_type TEXT NOT NULL,
    object_id BYTEA,
    owner_id BYTEA,
    detail TEXT NOT NULL,
    previous BYTEA NOT NULL,
    hash BYTEA NOT NULL
) STRICT;
CREATE INDEX audit_by_object ON audit (object_id, number);
CREATE INDEX audit_by_actor ON audit (actor, number);

CREATE TABLE exposures (
    number BIGINT PRIMARY KEY,
    time BIGINT NOT NULL,
    value TEXT NOT NULL,
    entry TEXT NOT NULL
) STRICT;
CREATE INDEX exposures_by_value ON exposures (value, number);

CREATE TABLE idempotency (
    user_id BYTEA NOT NULL,
    key TEXT NOT NULL,
    request BYTEA NOT NULL,
    status BIGINT NOT NULL,
    body TEXT NOT NULL,
    created BIGINT NOT NULL,
    PRIMARY KEY (user_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_age ON idempotency (created);

CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- How confidence wanes, by owner and type. An old number stays for what was stated under it.
CREATE TABLE decays (
    id BIGINT PRIMARY KEY,
    owner_id BYTEA NOT NULL REFERENCES owners (id),
    type TEXT NOT NULL,
    half_life_days BIGINT NOT NULL,
    floor BIGINT NOT NULL,
    current BIGINT NOT NULL
) STRICT;
CREATE INDEX decays_of_owner ON decays (owner_id, type, current);

-- The id is made from type and value, so it says nothing of who held the value first, and when.
CREATE TABLE indicators (
    id BYTEA PRIMARY KEY,
    type TEXT NOT NULL,
    value TEXT NOT NULL,
    -- Lower-case, where that is something else than the value.
    value_folded TEXT,
    -- Host name of a host, URL or e-mail address with its labels reversed and each ended by a dot: `example.www.`
    host TEXT,
    -- First and last address of an address or prefix, as 16 octets (IPv4 mapped into IPv6).
    low BYTEA,
    high BYTEA
) STRICT, WITHOUT ROWID;
CREATE INDEX indicators_by_host ON indicators (host) WHERE host IS NOT NULL;
CREATE INDEX indicators_by_address ON indicators (low, high) WHERE low IS NOT NULL;

-- What one owner holds of one value. `type` repeats the indicator's, so that lists need one table.
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
    PRIMARY KEY (owner_id, indicator_id)
) STRICT, WITHOUT ROWID;
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
) STRICT, WITHOUT ROWID;

CREATE TABLE sightings (
    id BYTEA PRIMARY KEY,
    indicator_id BYTEA NOT NULL,
    owner_id BYTEA NOT NULL,
    kind TEXT NOT NULL,
    time BIGINT NOT NULL,
    count BIGINT NOT NULL,
    user_id BYTEA,
    note TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX sightings_of_opinion ON sightings (indicator_id, owner_id, id);

CREATE TABLE groups (
    id BYTEA PRIMARY KEY,
    owner_id BYTEA NOT NULL REFERENCES owners (id),
    type TEXT NOT NULL,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    fields TEXT NOT NULL,
    technique TEXT,
    description TEXT,
    description_folded TEXT,
    tlp BIGINT NOT NULL,
    pap BIGINT NOT NULL,
    pending BIGINT NOT NULL,
    first_seen BIGINT,
    last_seen BIGINT,
    added BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    UNIQUE (owner_id, type, name_folded)
) STRICT, WITHOUT ROWID;
CREATE INDEX groups_of_owner ON groups (owner_id, id);
CREATE INDEX groups_by_type ON groups (owner_id, type, id);
CREATE INDEX groups_by_modified ON groups (owner_id, modified, id);
CREATE INDEX groups_by_name ON groups (owner_id, name_folded, id);
CREATE INDEX groups_pending ON groups (owner_id, id) WHERE pending = 1;
CREATE INDEX groups_by_technique ON groups (technique, owner_id) WHERE technique IS NOT NULL;

-- An object is an indicator as one owner holds it, or a group: (owner, type, id).
CREATE TABLE tags (
    owner_id BYTEA NOT NULL REFERENCES owners (id),
    object_type TEXT NOT NULL,
    object_id BYTEA NOT NULL,
    tag_folded TEXT NOT NULL,
    tag TEXT NOT NULL,
    PRIMARY KEY (object_id, owner_id, tag_folded)
) STRICT, WITHOUT ROWID;
CREATE INDEX tags_by_tag ON tags (tag_folded, owner_id, object_type, object_id);

CREATE TABLE attributes (
    id BYTEA PRIMARY KEY,
    owner_id BYTEA NOT NULL REFERENCES owners (id),
    object_type TEXT NOT NULL,
    object_id BYTEA NOT NULL,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    value TEXT NOT NULL,
    value_folded TEXT NOT NULL,
    source TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX attributes_of_object ON attributes (object_id, owner_id, id);
CREATE INDEX attributes_by_name ON attributes (name_folded, owner_id, object_type, object_id);

CREATE TABLE notes (
    id BYTEA PRIMARY KEY,
    owner_id BYTEA NOT NULL REFERENCES owners (id),
    object_type TEXT NOT NULL,
    object_id BYTEA NOT NULL,
    reply_to BYTEA REFERENCES notes (id),
    user_id BYTEA,
    author TEXT NOT NULL,
    text TEXT NOT NULL,
    tlp BIGINT NOT NULL,
    added BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    revision BIGINT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX notes_of_object ON notes (object_id, owner_id, id);

-- At most one of a kind between a pair, by owner. Listed from both ends.
CREATE TABLE associations (
    id BYTEA PRIMARY KEY,
    owner_id BYTEA NOT NULL REFERENCES owners (id),
    kind TEXT NOT NULL,
    from_type TEXT NOT NULL,
    from_id BYTEA NOT NULL,
    to_type TEXT NOT NULL,
    to_id BYTEA NOT NULL,
    reason TEXT NOT NULL,
    confidence BIGINT,
    first_seen BIGINT,
    last_seen BIGINT,
    tlp BIGINT NOT NULL,
    user_id BYTEA,
    added BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    UNIQUE (from_id, to_id, kind, owner_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX associations_to ON associations (to_id, id);
CREATE INDEX associations_from ON associations (from_id, id);

CREATE TABLE imports (
    id BYTEA PRIMARY KEY,
    owner_id BYTEA NOT NULL REFERENCES owners (id),
    user_id BYTEA,
    time BIGINT NOT NULL,
    origin TEXT NOT NULL,
    added BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    undone BIGINT
) STRICT, WITHOUT ROWID;
CREATE INDEX imports_of_owner ON imports (owner_id, id);

-- What an import changed: the opinion as it was before (nothing where it is new), and the revision it left.
CREATE TABLE import_items (
    import_id BYTEA NOT NULL REFERENCES imports (id),
    indicator_id BYTEA NOT NULL,
    revision BIGINT NOT NULL,
    before TEXT,
    PRIMARY KEY (import_id, indicator_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE feeds (
    id BYTEA PRIMARY KEY,
    owner_id BYTEA NOT NULL UNIQUE REFERENCES owners (id),
    url TEXT NOT NULL,
    settings TEXT NOT NULL,
    state TEXT NOT NULL,
    next_due BIGINT,
    revision BIGINT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX feeds_due ON feeds (next_due) WHERE next_due IS NOT NULL;

CREATE TABLE feed_runs (
    id BYTEA PRIMARY KEY,
    feed_id BYTEA NOT NULL REFERENCES feeds (id),
    time BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    listed BIGINT NOT NULL,
    added BIGINT NOT NULL,
    renewed BIGINT NOT NULL,
    withdrawn BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    detail TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX feed_runs_of_feed ON feed_runs (feed_id, id);

-- Lists of values that explain (a CDN, a public resolver) or that are never imported. Without an owner: everybody's.
CREATE TABLE label_lists (
    id BYTEA PRIMARY KEY,
    owner_id BYTEA REFERENCES owners (id),
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    description TEXT NOT NULL,
    matching TEXT NOT NULL,
    types TEXT NOT NULL,
    version BIGINT NOT NULL,
    excludes BIGINT NOT NULL,
    count BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    revision BIGINT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX label_lists_everybodys ON label_lists (name_folded) WHERE owner_id IS NULL;
CREATE UNIQUE INDEX label_lists_of_owner ON label_lists (owner_id, name_folded) WHERE owner_id IS NOT NULL;

-- The entries of a list, one a line; apart, so that lists are read without them.
CREATE TABLE label_entries (
    list_id BYTEA PRIMARY KEY REFERENCES label_lists (id),
    entries TEXT NOT NULL
) STRICT;

CREATE TABLE label_overrules (
    owner_id BYTEA NOT NULL REFERENCES owners (id),
    list_id BYTEA NOT NULL REFERENCES label_lists (id),
    value TEXT NOT NULL,
    user_id BYTEA,
    reason TEXT NOT NULL,
    added BIGINT NOT NULL,
    PRIMARY KEY (owner_id, list_id, value)
) STRICT, WITHOUT ROWID;

CREATE TABLE searches (
    id BYTEA PRIMARY KEY,
    owner_id BYTEA NOT NULL REFERENCES owners (id),
    subject TEXT NOT NULL,
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    user_id BYTEA,
    modified BIGINT NOT NULL,
    revision BIGINT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX searches_of_owner ON searches (owner_id, id);

-- Texts to be searched: folded, one row for each of an object's names, descriptions and notes.
CREATE TABLE texts (
    number BIGINT PRIMARY KEY,
    owner_id BYTEA NOT NULL,
    object_type TEXT NOT NULL,
    object_id BYTEA NOT NULL,
    part TEXT NOT NULL,
    folded TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX texts_of_object ON texts (object_id, owner_id, part);

-- only sqlite
CREATE VIRTUAL TABLE texts_index USING fts5 (folded, content = 'texts', content_rowid = 'number', tokenize = 'trigram case_sensitive 1');
CREATE TRIGGER texts_added AFTER INSERT ON texts BEGIN
    INSERT INTO texts_index (rowid, folded) VALUES (new.number, new.folded);
END;
CREATE TRIGGER texts_removed AFTER DELETE ON texts BEGIN
    INSERT INTO texts_index (texts_index, rowid, folded) VALUES ('delete', old.number, old.folded);
END;
CREATE TRIGGER texts_changed AFTER UPDATE ON texts BEGIN
    INSERT INTO texts_index (texts_index, rowid, folded) VALUES ('delete', old.number, old.folded);
    INSERT INTO texts_index (rowid, folded) VALUES (new.number, new.folded);
END;
-- only postgres
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX texts_index ON texts USING gin (folded gin_trgm_ops);
-- both
