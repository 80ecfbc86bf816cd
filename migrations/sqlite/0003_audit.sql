-- The audit trail: rows are only ever added, each with the hash of the one before.

CREATE TABLE audit (
    position    INTEGER PRIMARY KEY,
    at          INTEGER NOT NULL,
    tenant      TEXT,
    actor       TEXT    NOT NULL,
    action      TEXT    NOT NULL,
    object      TEXT    NOT NULL,
    result      TEXT    NOT NULL,
    correlation TEXT    NOT NULL,
    entry       TEXT    NOT NULL,
    hash        TEXT    NOT NULL
);
CREATE INDEX audit_by_tenant ON audit (tenant, position);
CREATE INDEX audit_by_actor ON audit (actor, position);
CREATE INDEX audit_by_correlation ON audit (correlation, position);

-- How far the trail goes: a row that is missing at its end is missed, too.
CREATE TABLE audit_head (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    position INTEGER NOT NULL,
    hash     TEXT    NOT NULL
);
INSERT INTO audit_head (one, position, hash) VALUES (1, 0, '');

CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'rows of the audit trail are never changed');
END;
CREATE TRIGGER audit_is_not_shortened BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'rows of the audit trail are never deleted');
END;
