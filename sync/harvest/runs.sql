-- What harvesting has to remember between two runs, and what it refused. None of it is in the journal.

CREATE TABLE IF NOT EXISTS source (
    name TEXT PRIMARY KEY,            -- by what the settings call it
    declared TEXT NOT NULL DEFAULT '',-- digest of what they say of it: another one lets nothing pass as unchanged
    etag TEXT,                        -- what to ask with next time
    last_modified TEXT,
    sha256 TEXT,                      -- digest of the document that was taken in last
    version TEXT,                     -- of a series: the file of the version that was taken in last; of a journal: between which positions to ask with those
    taken TEXT,                       -- of a series: the digests of those that were taken in, in JSON
    upto INTEGER,                     -- the last position of the journal that was looked at then
    is_resolved INTEGER NOT NULL DEFAULT 1, -- whether everything that it names was found then
    seen TEXT,                        -- when the source was last found to say what is held of it
    recorded TEXT,                    -- when a run last recorded something
    due TEXT,                         -- when it is due next; absent: now
    outcome TEXT                      -- the report of the last run, in JSON
) STRICT;

CREATE TABLE IF NOT EXISTS run (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    begun TEXT NOT NULL,
    report TEXT NOT NULL
) STRICT;

CREATE INDEX IF NOT EXISTS run_of_source ON run (name, number);

CREATE TABLE IF NOT EXISTS refused (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    refused TEXT NOT NULL,            -- when
    document TEXT NOT NULL,
    address TEXT NOT NULL,
    published TEXT,
    reason TEXT NOT NULL,
    suspicious INTEGER NOT NULL,      -- whether `--accept` would let it through
    sha256 TEXT NOT NULL,
    media TEXT NOT NULL,
    charset TEXT,
    whole INTEGER NOT NULL,           -- whether its end could be verified
    body BLOB NOT NULL,               -- what came, packed with zlib
    times INTEGER NOT NULL DEFAULT 1, -- how often the very same was refused
    settled TEXT,                     -- since when it waits no more; absent while it does
    UNIQUE (name, sha256)
) STRICT;

CREATE TABLE IF NOT EXISTS diverging (
    basis TEXT PRIMARY KEY,           -- what the numbers hang on; there is one row, of the last that were asked for
    numbers TEXT NOT NULL             -- how many divergences there are with each source, by its key, in JSON
) STRICT;
