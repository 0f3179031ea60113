-- What a feed's server sent that waits for a person: its answer, then what that refers to. Who accepts it accepts this,
-- not what the server sends by then.

CREATE TABLE feed_held (
    feed_id BYTEA NOT NULL REFERENCES feeds (id),
    part BIGINT NOT NULL,
    content BYTEA NOT NULL,
    PRIMARY KEY (feed_id, part)
) STRICT;
