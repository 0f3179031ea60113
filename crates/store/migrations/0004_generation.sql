-- One row: how often accounts, tokens, sessions or rights changed, so that whoever remembers a caller sees that it may
-- be another one now. Owners that are added count in src/owner.rs, since a trigger there lets SQLite look for rows that
-- wait for them. What only adds a way in, or says when somebody was here, takes nothing away and does not count.

CREATE TABLE account_changes (
    number BIGINT PRIMARY KEY,
    changes BIGINT NOT NULL
) STRICT;
INSERT INTO account_changes (number, changes) VALUES (1, 0);

-- only sqlite
CREATE TRIGGER users_changed AFTER UPDATE OF name, administrator, api_only, disabled ON users BEGIN
    UPDATE account_changes SET changes = changes + 1 WHERE number = 1;
END;
CREATE TRIGGER users_removed AFTER DELETE ON users BEGIN
    UPDATE account_changes SET changes = changes + 1 WHERE number = 1;
END;
CREATE TRIGGER tokens_changed AFTER UPDATE OF user_id, hash, scopes, networks, expires ON tokens BEGIN
    UPDATE account_changes SET changes = changes + 1 WHERE number = 1;
END;
CREATE TRIGGER tokens_removed AFTER DELETE ON tokens BEGIN
    UPDATE account_changes SET changes = changes + 1 WHERE number = 1;
END;
CREATE TRIGGER sessions_changed AFTER UPDATE OF user_id, hash, expires ON sessions BEGIN
    UPDATE account_changes SET changes = changes + 1 WHERE number = 1;
END;
CREATE TRIGGER sessions_removed AFTER DELETE ON sessions BEGIN
    UPDATE account_changes SET changes = changes + 1 WHERE number = 1;
END;
CREATE TRIGGER memberships_added AFTER INSERT ON memberships BEGIN
    UPDATE account_changes SET changes = changes + 1 WHERE number = 1;
END;
CREATE TRIGGER memberships_changed AFTER UPDATE ON memberships BEGIN
    UPDATE account_changes SET changes = changes + 1 WHERE number = 1;
END;
CREATE TRIGGER memberships_removed AFTER DELETE ON memberships BEGIN
    UPDATE account_changes SET changes = changes + 1 WHERE number = 1;
END;
CREATE TRIGGER owners_changed AFTER UPDATE ON owners BEGIN
    UPDATE account_changes SET changes = changes + 1 WHERE number = 1;
END;
CREATE TRIGGER sources_restricted AFTER INSERT ON restricted_sources BEGIN
    UPDATE account_changes SET changes = changes + 1 WHERE number = 1;
END;
CREATE TRIGGER sources_released AFTER DELETE ON restricted_sources BEGIN
    UPDATE account_changes SET changes = changes + 1 WHERE number = 1;
END;
CREATE TRIGGER source_readers_added AFTER INSERT ON source_readers BEGIN
    UPDATE account_changes SET changes = changes + 1 WHERE number = 1;
END;
CREATE TRIGGER source_readers_removed AFTER DELETE ON source_readers BEGIN
    UPDATE account_changes SET changes = changes + 1 WHERE number = 1;
END;
-- only postgres
CREATE FUNCTION account_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE account_changes SET changes = changes + 1 WHERE number = 1;
        RETURN NULL;
    END
$$;
CREATE TRIGGER users_changed AFTER UPDATE OF name, administrator, api_only, disabled OR DELETE ON users
FOR EACH STATEMENT EXECUTE FUNCTION account_changed();
CREATE TRIGGER tokens_changed AFTER UPDATE OF user_id, hash, scopes, networks, expires OR DELETE ON tokens
FOR EACH STATEMENT EXECUTE FUNCTION account_changed();
CREATE TRIGGER sessions_changed AFTER UPDATE OF user_id, hash, expires OR DELETE ON sessions
FOR EACH ROW EXECUTE FUNCTION account_changed();
CREATE TRIGGER memberships_changed AFTER INSERT OR UPDATE OR DELETE ON memberships
FOR EACH STATEMENT EXECUTE FUNCTION account_changed();
CREATE TRIGGER owners_changed AFTER UPDATE ON owners
FOR EACH STATEMENT EXECUTE FUNCTION account_changed();
CREATE TRIGGER sources_changed AFTER INSERT OR DELETE ON restricted_sources
FOR EACH STATEMENT EXECUTE FUNCTION account_changed();
CREATE TRIGGER source_readers_changed AFTER INSERT OR DELETE ON source_readers
FOR EACH STATEMENT EXECUTE FUNCTION account_changed();
