-- Standing queries and what they found.

CREATE TABLE tracks (
    id BYTEA PRIMARY KEY,
    owner_id BYTEA NOT NULL REFERENCES owners (id),
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    threat_id BYTEA,
    notes TEXT,
    expires BIGINT,
    muted BIGINT NOT NULL,
    exclusions TEXT NOT NULL,
    user_id BYTEA,
    created BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    revision BIGINT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX tracks_of_owner ON tracks (owner_id, id);

-- The id is made from Track, domain, kind and version, so that the same record makes one row however often it comes. The
-- number says in which order they came, so that whoever follows them misses none of one second.
CREATE TABLE track_hits (
    id BYTEA PRIMARY KEY,
    track_id BYTEA NOT NULL,
    owner_id BYTEA NOT NULL REFERENCES owners (id),
    domain TEXT NOT NULL,
    kind TEXT NOT NULL,
    version BYTEA NOT NULL,
    matched TEXT NOT NULL,
    source BIGINT NOT NULL,
    observed BIGINT NOT NULL,
    found BIGINT NOT NULL,
    triage TEXT NOT NULL,
    note TEXT,
    number BIGINT NOT NULL UNIQUE
) STRICT, WITHOUT ROWID;
CREATE INDEX track_hits_of_track ON track_hits (track_id, number);
CREATE INDEX track_hits_of_owner ON track_hits (owner_id, number);
CREATE INDEX track_hits_by_domain ON track_hits (domain);

-- One row: how often a Track was added, changed or removed, so that whoever judges what arrives sees that they are others.
CREATE TABLE track_changes (
    number BIGINT PRIMARY KEY,
    changes BIGINT NOT NULL
) STRICT;
