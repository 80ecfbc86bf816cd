-- What dead letters are grouped, filtered and counted by; one letter per replay of an event.
ALTER TABLE dead_letters ADD COLUMN error TEXT NOT NULL DEFAULT '';
ALTER TABLE dead_letters ADD COLUMN event_type TEXT NOT NULL DEFAULT '';
ALTER TABLE dead_letters ADD COLUMN correlation TEXT;
ALTER TABLE dead_letters ADD COLUMN replays INTEGER NOT NULL DEFAULT 0;
CREATE INDEX dead_letters_by_error ON dead_letters (tenant, error, position);

CREATE TABLE replay_jobs (
    tenant     TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    ended      INTEGER NOT NULL,
    died_again INTEGER NOT NULL DEFAULT 0,
    job        TEXT    NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX replay_jobs_by_time ON replay_jobs (tenant, created_at);

CREATE TABLE replays (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant   TEXT    NOT NULL,
    source   TEXT    NOT NULL,
    id       TEXT    NOT NULL,
    letter   INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    replay   TEXT    NOT NULL
);
CREATE UNIQUE INDEX replays_identity ON replays (tenant, letter);
CREATE INDEX replays_by_event ON replays (tenant, source, id);
CREATE INDEX replays_by_age ON replays (at);
