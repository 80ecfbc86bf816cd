-- Times are milliseconds since 1970. JSON is text.

CREATE TABLE events (
    position    INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant      TEXT    NOT NULL,
    function    TEXT,
    source      TEXT    NOT NULL,
    id          TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    correlation TEXT,
    failed      INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    event       TEXT    NOT NULL
);
CREATE UNIQUE INDEX events_identity ON events (tenant, source, id);
-- With the kind, so that a search by the start of a type reads the index alone.
CREATE INDEX events_by_time ON events (tenant, at, position, kind);
CREATE INDEX events_by_function ON events (tenant, function, at, position);
CREATE INDEX events_by_kind ON events (tenant, kind, at, position);
CREATE INDEX events_by_correlation ON events (tenant, correlation, at, position) WHERE correlation IS NOT NULL;
CREATE INDEX events_failed ON events (tenant, at, position) WHERE failed = 1;
CREATE INDEX events_by_arrival ON events (received_at);

CREATE TABLE builds (
    tenant   TEXT    NOT NULL,
    id       TEXT    NOT NULL,
    function TEXT    NOT NULL,
    number   INTEGER NOT NULL,
    ended    INTEGER NOT NULL,
    build    TEXT    NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX builds_by_function ON builds (tenant, function, number);
CREATE INDEX builds_unfinished ON builds (tenant, function, number) WHERE ended = 0;

CREATE TABLE logs (
    log        INTEGER PRIMARY KEY,
    tenant     TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    first      INTEGER NOT NULL,
    last       INTEGER NOT NULL,
    bytes      INTEGER NOT NULL,
    state      TEXT    NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (tenant, kind, name)
);
CREATE INDEX logs_by_age ON logs (kind, updated_at);

CREATE TABLE log_lines (
    log         INTEGER NOT NULL,
    number      INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    stream      INTEGER NOT NULL,
    level       INTEGER NOT NULL,
    step        TEXT,
    correlation TEXT,
    text        TEXT    NOT NULL,
    PRIMARY KEY (log, number)
) WITHOUT ROWID;

CREATE TABLE log_checkpoints (
    log    INTEGER NOT NULL,
    source TEXT    NOT NULL,
    reached TEXT   NOT NULL,
    PRIMARY KEY (log, source)
) WITHOUT ROWID;

CREATE TABLE invocations (
    position   INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT    NOT NULL,
    tenant     TEXT    NOT NULL,
    function   TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    status     INTEGER NOT NULL,
    total_ms   REAL    NOT NULL,
    cold       INTEGER NOT NULL,
    invocation TEXT    NOT NULL
);
CREATE UNIQUE INDEX invocations_identity ON invocations (tenant, id);
CREATE INDEX invocations_by_function ON invocations (tenant, function, at, position);
CREATE INDEX invocations_by_age ON invocations (at);

CREATE TABLE dead_letters (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant   TEXT    NOT NULL,
    function TEXT    NOT NULL,
    queue    TEXT    NOT NULL,
    source   TEXT    NOT NULL,
    id       TEXT    NOT NULL,
    kind     TEXT    NOT NULL,
    died_at  INTEGER NOT NULL,
    letter   TEXT    NOT NULL
);
CREATE UNIQUE INDEX dead_letters_identity ON dead_letters (tenant, queue, source, id, died_at);
CREATE INDEX dead_letters_by_time ON dead_letters (tenant, position);
CREATE INDEX dead_letters_by_function ON dead_letters (tenant, function, position);

CREATE TABLE sessions (
    id         TEXT    PRIMARY KEY,
    owner      TEXT,
    data       TEXT    NOT NULL,
    expires_at INTEGER NOT NULL
);
CREATE INDEX sessions_by_owner ON sessions (owner);
CREATE INDEX sessions_by_end ON sessions (expires_at);

CREATE TABLE sign_in_links (
    id         TEXT    PRIMARY KEY,
    owner      TEXT    NOT NULL,
    expires_at INTEGER NOT NULL
);

CREATE TABLE api_tokens (
    id         TEXT    PRIMARY KEY,
    hash       TEXT    NOT NULL UNIQUE,
    token      TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    used_at    INTEGER
);

CREATE TABLE saved_tests (
    tenant   TEXT NOT NULL,
    function TEXT NOT NULL,
    name     TEXT NOT NULL,
    test     TEXT NOT NULL,
    PRIMARY KEY (tenant, function, name)
);

CREATE TABLE preferences (
    owner TEXT NOT NULL,
    name  TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (owner, name)
);
