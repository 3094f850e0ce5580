-- What was read of one feed: how far, which pages, which members, and of each thing what was said of it last.

CREATE TABLE IF NOT EXISTS state (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL                -- in JSON
) STRICT;

CREATE TABLE IF NOT EXISTS page (
    url TEXT PRIMARY KEY,              -- as it was linked to
    final TEXT NOT NULL,               -- where it lay, after redirects
    settled INTEGER NOT NULL,          -- whether it never changes, and so is never asked for again
    etag TEXT,                         -- what to ask with next time
    last_modified TEXT,
    digest TEXT NOT NULL,              -- of the members and links on it
    links TEXT NOT NULL                -- the pages that it leads to, in JSON
) STRICT;

CREATE TABLE IF NOT EXISTS member (
    iri TEXT PRIMARY KEY,
    digest TEXT NOT NULL,              -- of what it says
    sequence TEXT,                     -- where in the feed it stands, in JSON
    time TEXT                          -- when it came into it, in JSON
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS member_of_sequence ON member (sequence) WHERE sequence IS NOT NULL;

CREATE TABLE IF NOT EXISTS version (
    number INTEGER PRIMARY KEY,        -- in the order in which they were met
    of TEXT NOT NULL,                  -- the thing that it is a version of
    first TEXT,                        -- by what versions of a thing are ordered, in JSON
    second TEXT,                       -- and by what those that are alike in that
    content TEXT                       -- what it says; absent: the thing is no more
) STRICT;

CREATE INDEX IF NOT EXISTS version_of ON version (of);
