-- The audit trail: rows are only ever added, each with the hash of the one before.

CREATE TABLE audit (
    position    BIGINT PRIMARY KEY,
    at          BIGINT NOT NULL,
    tenant      TEXT,
    actor       TEXT   NOT NULL,
    action      TEXT   NOT NULL,
    object      TEXT   NOT NULL,
    result      TEXT   NOT NULL,
    correlation TEXT   NOT NULL,
    entry       TEXT   NOT NULL,
    hash        TEXT   NOT NULL
);
CREATE INDEX audit_by_tenant ON audit (tenant, position);
CREATE INDEX audit_by_actor ON audit (actor, position);
CREATE INDEX audit_by_correlation ON audit (correlation, position);

-- How far the trail goes: a row that is missing at its end is missed, too. Its lock puts writers in order.
CREATE TABLE audit_head (
    one      BIGINT PRIMARY KEY CHECK (one = 1),
    position BIGINT NOT NULL,
    hash     TEXT   NOT NULL
);
INSERT INTO audit_head (one, position, hash) VALUES (1, 0, '');

CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of the audit trail are never changed or deleted';
END
$$;
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
