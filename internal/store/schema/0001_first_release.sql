-- One schema for SQLite and PostgreSQL. Times are unix milliseconds, 0 = never.
-- "sealed" columns are encrypted with the organisation's keyset for their place.
-- +goose Up

-- The one row that ties the data to its master key.
CREATE TABLE installation (
    row_one   BIGINT NOT NULL PRIMARY KEY CHECK (row_one = 1),
    id        TEXT   NOT NULL,
    key_check BYTEA  NOT NULL,
    created   BIGINT NOT NULL
);

CREATE TABLE organisations (
    id                  TEXT    PRIMARY KEY,
    name                TEXT    NOT NULL UNIQUE,
    kind                TEXT    NOT NULL,
    plan                TEXT    NOT NULL,
    kvk                 TEXT    NOT NULL,
    language            TEXT    NOT NULL,
    mfa_forced          BOOLEAN NOT NULL,
    mfa_forced_since    BIGINT  NOT NULL, -- it last went on; stays when it goes off
    mfa_forced_by       TEXT    NOT NULL, -- who turned it on then; '': the operator
    grace_until         BIGINT  NOT NULL,
    mfa_off_until       BIGINT  NOT NULL, -- forcing is off for a while, until then
    recovery            TEXT    NOT NULL, -- JSON: how members get back in
    recovery_next       TEXT    NOT NULL, -- JSON: how from recovery_next_from on; 0: nothing else is coming
    recovery_next_from  BIGINT  NOT NULL,
    reminded            BIGINT  NOT NULL DEFAULT 0, -- those without a backup were last, from then
    reminded_done       BIGINT  NOT NULL DEFAULT 0, -- to then; 0: they still are
    reminded_number     BIGINT  NOT NULL DEFAULT -1, -- in the directory, of who was reminded last
    remember_from       BIGINT  NOT NULL, -- devices may be remembered from then; 0: not
    keyset              BYTEA   NOT NULL, -- wrapped by the master key
    created             BIGINT  NOT NULL,
    version             BIGINT  NOT NULL DEFAULT 0 -- rises with every change to the row
);

CREATE INDEX organisations_desk ON organisations (id) WHERE kind = 'desk';
CREATE INDEX organisations_reminding ON organisations (id) WHERE reminded > 0 AND reminded_done = 0;

CREATE TABLE teams (
    id              TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    name            TEXT NOT NULL,
    folded          TEXT NOT NULL, -- the name as names are compared
    UNIQUE (organisation_id, folded),
    UNIQUE (organisation_id, id)
);

CREATE TABLE members (
    id                       TEXT    PRIMARY KEY,
    organisation_id          TEXT    NOT NULL REFERENCES organisations (id),
    team_id                  TEXT,
    name                     TEXT    NOT NULL,
    email                    TEXT    NOT NULL,
    phone                    TEXT    NOT NULL,
    phone_since              BIGINT  NOT NULL, -- it has been that without a break
    language                 TEXT    NOT NULL,
    state                    TEXT    NOT NULL,
    role                     TEXT    NOT NULL, -- the stored one
    role_since               BIGINT  NOT NULL, -- it has been that without a break
    changed                  BIGINT  NOT NULL DEFAULT 0, -- the newest row in member_changes; 0: there is none
    help_until               BIGINT  NOT NULL DEFAULT 0, -- no help request lives longer; 0: there is none
    created                  BIGINT  NOT NULL,
    password_hash            TEXT    NOT NULL DEFAULT '',
    password_set             BIGINT  NOT NULL DEFAULT 0,
    password_by_mail         BOOLEAN NOT NULL DEFAULT FALSE,
    password_long            BOOLEAN NOT NULL DEFAULT FALSE,
    password_ended           BOOLEAN NOT NULL DEFAULT FALSE,
    mfa_since                BIGINT  NOT NULL DEFAULT 0,
    status                   TEXT    NOT NULL, -- of the recovery
    status_since             BIGINT  NOT NULL DEFAULT 0,
    proved_at                BIGINT  NOT NULL DEFAULT 0,
    wrong_codes              BIGINT  NOT NULL DEFAULT 0,
    objected                 TEXT    NOT NULL DEFAULT '[]', -- JSON: addresses
    backup_email             TEXT    NOT NULL DEFAULT '',
    backup_email_confirmed   BIGINT  NOT NULL DEFAULT 0,
    backup_email_usable_from BIGINT  NOT NULL DEFAULT 0,
    code_salt                BYTEA   NOT NULL,
    suspended_since          BIGINT  NOT NULL DEFAULT 0, -- MFA is disabled from then
    suspended_until          BIGINT  NOT NULL DEFAULT 0,
    suspended_lost           BOOLEAN NOT NULL DEFAULT FALSE,
    suspended_by_kind        TEXT    NOT NULL DEFAULT '', -- who gave it
    suspended_by             TEXT    NOT NULL DEFAULT '',
    suspended_browser        TEXT    NOT NULL DEFAULT '', -- the one that asked for it; '': none
    suspended_reminded       BOOLEAN NOT NULL DEFAULT FALSE, -- told that the end is near
    suspended_over           BOOLEAN NOT NULL DEFAULT FALSE, -- told that the end has come
    pass_id                  TEXT    NOT NULL DEFAULT '', -- of the enrolment pass; empty: none
    pass_given               BIGINT  NOT NULL DEFAULT 0,
    pass_from                BIGINT  NOT NULL DEFAULT 0,
    pass_expires             BIGINT  NOT NULL DEFAULT 0,
    pass_by_kind             TEXT    NOT NULL DEFAULT '',
    pass_by                  TEXT    NOT NULL DEFAULT '',
    pass_browser             TEXT    NOT NULL DEFAULT '', -- the one that asked for it; '': none
    pass_agreed_by           TEXT    NOT NULL DEFAULT '', -- who ended the time to object; '': nobody
    version                  BIGINT  NOT NULL DEFAULT 0, -- rises with every change; raising it locks the row
    UNIQUE (organisation_id, email),
    UNIQUE (organisation_id, id),
    FOREIGN KEY (organisation_id, team_id) REFERENCES teams (organisation_id, id)
);
CREATE INDEX members_email ON members (email);
CREATE INDEX members_role ON members (organisation_id, role);
CREATE INDEX members_ending ON members (suspended_until) WHERE suspended_until > 0 AND suspended_over = FALSE;
CREATE INDEX members_team ON members (team_id, state);
CREATE INDEX members_backup_email ON members (organisation_id, backup_email_usable_from) WHERE backup_email_usable_from > 0;
CREATE INDEX members_password_by_mail ON members (organisation_id, password_set) WHERE password_by_mail;
CREATE INDEX members_suspended ON members (organisation_id, suspended_until) WHERE suspended_until > 0;

-- The members as lists show and search them; written by directory_upkeep.go in
-- the transaction that changes what it comes from. Without a cascade: whoever
-- deletes a member takes them out of the sets first.
CREATE TABLE directory (
    member_id       TEXT   PRIMARY KEY REFERENCES members (id),
    organisation_id TEXT   NOT NULL,
    number          BIGINT NOT NULL, -- in the organisation, from 0; used once
    name_key        BYTEA  NOT NULL, -- folded, in UTF-8; bytes sort the same everywhere
    email_key       BYTEA  NOT NULL,
    terms           TEXT   NOT NULL, -- JSON: the sets the member is in
    UNIQUE (organisation_id, number)
);
CREATE INDEX directory_name ON directory (organisation_id, name_key, number);
CREATE INDEX directory_email ON directory (organisation_id, email_key, number);

-- Sets of members by their numbers, 8192 numbers in a block.
CREATE TABLE directory_sets (
    organisation_id TEXT   NOT NULL,
    term            BYTEA  NOT NULL, -- what all of them have, as directory_terms.go says
    block           BIGINT NOT NULL,
    members         BYTEA  NOT NULL, -- places in the block, as directory_block.go says
    PRIMARY KEY (organisation_id, term, block)
);

-- Each order of the directory in parts, as directory_order.go says.
CREATE TABLE directory_parts (
    organisation_id TEXT   NOT NULL,
    column_name     TEXT   NOT NULL, -- of the directory
    from_key        BYTEA  NOT NULL, -- the place where it begins; it reaches to the next one
    from_number     BIGINT NOT NULL,
    members         BYTEA  NOT NULL, -- their numbers
    PRIMARY KEY (organisation_id, column_name, from_key, from_number)
);

CREATE TABLE directory_numbers (
    organisation_id TEXT   PRIMARY KEY,
    next            BIGINT NOT NULL
);

CREATE TABLE team_supervisors (
    organisation_id TEXT NOT NULL,
    team_id         TEXT NOT NULL,
    member_id       TEXT NOT NULL,
    PRIMARY KEY (team_id, member_id),
    -- With the organisation in both keys nobody supervises another's team.
    FOREIGN KEY (organisation_id, team_id) REFERENCES teams (organisation_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organisation_id, member_id) REFERENCES members (organisation_id, id) ON DELETE CASCADE
);
CREATE INDEX team_supervisors_member ON team_supervisors (member_id);

-- What others changed of a member lately: whoever did helps them only later.
CREATE TABLE member_changes (
    id        TEXT   PRIMARY KEY,
    member_id TEXT   NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    what      TEXT   NOT NULL, -- role, team, phone, email; help: theirs was objected to; given: what they gave has ended
    was       TEXT   NOT NULL, -- the role before; else empty
    at        BIGINT NOT NULL,
    by_kind   TEXT   NOT NULL,
    by_member TEXT   NOT NULL
);
CREATE INDEX member_changes_member ON member_changes (member_id, at);
CREATE INDEX member_changes_at ON member_changes (at);

-- What locked-out members asked of their colleagues.
CREATE TABLE help_requests (
    id              TEXT    PRIMARY KEY,
    organisation_id TEXT    NOT NULL REFERENCES organisations (id),
    member_id       TEXT    NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    browser         TEXT    NOT NULL, -- the one that asked
    content         BYTEA   NOT NULL, -- sealed JSON: the matching code, and what was said when it was refused
    created         BIGINT  NOT NULL,
    expires         BIGINT  NOT NULL,
    state           TEXT    NOT NULL,
    wrong           BIGINT  NOT NULL, -- matching codes typed
    known_device    BOOLEAN NOT NULL,
    address         TEXT    NOT NULL, -- network address
    browser_name    TEXT    NOT NULL,
    given           TEXT    NOT NULL, -- suspension or pass; '': nothing
    answered        BIGINT  NOT NULL,
    answered_by     TEXT    NOT NULL,
    opens           BIGINT  NOT NULL, -- the time to object ends
    agreed          BIGINT  NOT NULL,
    agreed_by       TEXT    NOT NULL
);
CREATE INDEX help_requests_browser ON help_requests (browser);
CREATE INDEX help_requests_member ON help_requests (member_id, created);
CREATE INDEX help_requests_organisation ON help_requests (organisation_id, state, created);
CREATE INDEX help_requests_expires ON help_requests (expires);

-- Cases of administrators at the desk.
CREATE TABLE cases (
    id                  TEXT    PRIMARY KEY,
    number              TEXT    NOT NULL UNIQUE,
    organisation_id     TEXT    NOT NULL REFERENCES organisations (id),
    member_id           TEXT    NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    begun               TEXT    NOT NULL,
    created             BIGINT  NOT NULL,
    alone               BOOLEAN NOT NULL,
    state               TEXT    NOT NULL,
    since               BIGINT  NOT NULL,
    heard               BIGINT  NOT NULL, -- of the claimant, last
    asked               BIGINT  NOT NULL, -- the claimant waits for an answer since; 0: they do not
    answered            BIGINT  NOT NULL, -- an agent first did
    content             BYTEA   NOT NULL, -- sealed JSON: PIN, token, checks, reason
    pin_wrong           BIGINT  NOT NULL,
    agent               TEXT    NOT NULL,
    first_by            TEXT    NOT NULL,
    first_at            BIGINT  NOT NULL,
    second_by           TEXT    NOT NULL,
    picked_at           BIGINT  NOT NULL,
    second_at           BIGINT  NOT NULL,
    opens               BIGINT  NOT NULL,
    handed              BIGINT  NOT NULL,
    refused             BIGINT  NOT NULL, -- files that were not kept
    destroy             BIGINT  NOT NULL, -- the evidence goes then; 0: the case lives
    destroyed           BIGINT  NOT NULL,
    last_seq            BIGINT  NOT NULL DEFAULT 0, -- of the conversation
    claimant_delivered  BIGINT  NOT NULL DEFAULT 0,
    claimant_read       BIGINT  NOT NULL DEFAULT 0,
    desk_delivered      BIGINT  NOT NULL DEFAULT 0,
    desk_read           BIGINT  NOT NULL DEFAULT 0
);
CREATE INDEX cases_member ON cases (member_id, created);
CREATE INDEX cases_state ON cases (state, since);
CREATE INDEX cases_destroy ON cases (destroy) WHERE destroy > 0 AND destroyed = 0;

-- The key of a case, wrapped by the master key. Without it nothing below can be read.
CREATE TABLE case_keys (
    case_id TEXT  PRIMARY KEY REFERENCES cases (id) ON DELETE CASCADE,
    key     BYTEA NOT NULL
);

CREATE TABLE case_entries (
    case_id   TEXT   NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
    seq       BIGINT NOT NULL, -- from 1
    at        BIGINT NOT NULL,
    kind      TEXT   NOT NULL,
    by_member TEXT   NOT NULL,
    via       TEXT   NOT NULL,
    once      TEXT   NOT NULL, -- drawn by whoever sends; '': by nobody
    file      TEXT   NOT NULL, -- the evidence it brought; '': none
    content   BYTEA  NOT NULL, -- the text, under the key of the case
    PRIMARY KEY (case_id, seq)
);
CREATE UNIQUE INDEX case_entries_once ON case_entries (case_id, kind, by_member, once) WHERE once <> '';

CREATE TABLE case_evidence (
    id       TEXT    PRIMARY KEY,
    case_id  TEXT    NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
    kind     TEXT    NOT NULL,
    at       BIGINT  NOT NULL,
    via      TEXT    NOT NULL,
    size     BIGINT  NOT NULL,
    type     TEXT    NOT NULL,
    hash     TEXT    NOT NULL,
    look     BIGINT  NOT NULL,
    pages    BIGINT  NOT NULL,
    doubtful BOOLEAN NOT NULL,
    content  BYTEA   NOT NULL -- what was found, under the key of the case
);
CREATE INDEX case_evidence_case ON case_evidence (case_id, kind);

CREATE TABLE case_pages (
    evidence_id TEXT   NOT NULL REFERENCES case_evidence (id) ON DELETE CASCADE,
    page        BIGINT NOT NULL, -- from 1
    content     BYTEA  NOT NULL, -- a picture, under the key of the case
    PRIMARY KEY (evidence_id, page)
);

-- What there was: it stays when the evidence is gone.
CREATE TABLE case_receipts (
    evidence_id TEXT   PRIMARY KEY,
    case_id     TEXT   NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
    kind        TEXT   NOT NULL,
    at          BIGINT NOT NULL,
    size        BIGINT NOT NULL,
    hash        TEXT   NOT NULL,
    look        BIGINT NOT NULL
);
CREATE INDEX case_receipts_hash ON case_receipts (hash);
CREATE INDEX case_receipts_case ON case_receipts (case_id);

-- Browsers that show a case after the password.
CREATE TABLE case_browsers (
    browser TEXT   PRIMARY KEY, -- hash of a random token
    case_id TEXT   NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
    until   BIGINT NOT NULL
);
CREATE INDEX case_browsers_case ON case_browsers (case_id);
CREATE INDEX case_browsers_until ON case_browsers (until);

CREATE TABLE case_numbers (
    year BIGINT PRIMARY KEY,
    next BIGINT NOT NULL
);

CREATE TABLE authenticators (
    id          TEXT   PRIMARY KEY,
    member_id   TEXT   NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    name        TEXT   NOT NULL,
    secret      BYTEA  NOT NULL, -- sealed
    added       BIGINT NOT NULL,
    last_used   BIGINT NOT NULL,
    last_step   BIGINT NOT NULL, -- only rises
    powers_from BIGINT NOT NULL
);
CREATE INDEX authenticators_member ON authenticators (member_id);

CREATE TABLE backup_codes (
    member_id TEXT   NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    id        TEXT   NOT NULL,
    place     BIGINT NOT NULL, -- in the set, from 0
    hash      BYTEA  NOT NULL,
    made      BIGINT NOT NULL,
    spent     BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (member_id, id)
);

-- Ids of sessions, challenges, devices and links are hashes of random tokens.
CREATE TABLE sessions (
    id              TEXT   PRIMARY KEY,
    member_id       TEXT   NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    created         BIGINT NOT NULL,
    last_used       BIGINT NOT NULL,
    ends            BIGINT NOT NULL,
    idle_ms         BIGINT NOT NULL,
    came_by         TEXT   NOT NULL,
    reach           TEXT   NOT NULL,
    password_proved BIGINT NOT NULL,
    factor_proved   BIGINT NOT NULL,
    powers_from     BIGINT NOT NULL,
    device          TEXT   NOT NULL,
    remembered      TEXT   NOT NULL, -- the remembered device it runs on; may be gone
    pass            TEXT   NOT NULL, -- the enrolment pass that opened it; '': none
    address         TEXT   NOT NULL, -- network address
    browser         TEXT   NOT NULL
);
CREATE INDEX sessions_member ON sessions (member_id);

CREATE TABLE challenges (
    id         TEXT   PRIMARY KEY,
    member_id  TEXT   REFERENCES members (id) ON DELETE CASCADE, -- NULL: to be chosen
    candidates TEXT   NOT NULL, -- JSON: member ids
    created    BIGINT NOT NULL,
    expires    BIGINT NOT NULL,
    tries      BIGINT NOT NULL,
    device     TEXT   NOT NULL,
    next       TEXT   NOT NULL,
    address    TEXT   NOT NULL, -- network address
    browser    TEXT   NOT NULL
);
CREATE INDEX challenges_member ON challenges (member_id);
CREATE INDEX challenges_expires ON challenges (expires);

CREATE TABLE devices (
    id        TEXT   NOT NULL,
    member_id TEXT   NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    created   BIGINT NOT NULL,
    expires   BIGINT NOT NULL,
    PRIMARY KEY (id, member_id)
);
CREATE INDEX devices_member ON devices (member_id);

-- Browsers in which the password alone signs in. Tokens are kept as hashes.
CREATE TABLE remembered (
    id           TEXT   PRIMARY KEY,
    member_id    TEXT   NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    token        TEXT   NOT NULL,
    token_before TEXT   NOT NULL, -- '': never turned
    turned       BIGINT NOT NULL,
    device       TEXT   NOT NULL, -- the known device it is bound to
    created      BIGINT NOT NULL,
    expires      BIGINT NOT NULL,
    used         BIGINT NOT NULL,
    address      TEXT   NOT NULL, -- network address
    browser      TEXT   NOT NULL
);
CREATE INDEX remembered_member ON remembered (member_id);
CREATE INDEX remembered_expires ON remembered (expires);

CREATE TABLE mail_codes (
    id        TEXT   PRIMARY KEY,
    member_id TEXT   NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    purpose   TEXT   NOT NULL,
    bound     TEXT   NOT NULL, -- the challenge or session that asked
    content   BYTEA  NOT NULL, -- sealed JSON: code and address
    sent      BIGINT NOT NULL,
    expires   BIGINT NOT NULL,
    tries     BIGINT NOT NULL,
    UNIQUE (bound, purpose)
);
CREATE INDEX mail_codes_member ON mail_codes (member_id);

-- When mails went that anyone can have sent, so that they can be bounded.
CREATE TABLE mails_sent (
    id      TEXT   PRIMARY KEY,
    subject TEXT   NOT NULL, -- a member's id
    purpose TEXT   NOT NULL,
    bound   TEXT   NOT NULL, -- the browser it is for, as in mail_codes; '': none
    at      BIGINT NOT NULL
);
CREATE INDEX mails_sent_subject ON mails_sent (subject, at);
CREATE INDEX mails_sent_at ON mails_sent (at);

CREATE TABLE set_ups (
    session_id TEXT    PRIMARY KEY,
    member_id  TEXT    NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    stage      TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    guarded    BOOLEAN NOT NULL,
    content    BYTEA   NOT NULL, -- sealed JSON: secret, codes, their hashes, address
    begun      BIGINT  NOT NULL,
    expires    BIGINT  NOT NULL
);
CREATE INDEX set_ups_member ON set_ups (member_id);

-- Lists of people that were uploaded and wait for a yes, one a session.
CREATE TABLE imports (
    id              TEXT   PRIMARY KEY,
    organisation_id TEXT   NOT NULL REFERENCES organisations (id),
    member_id       TEXT   NOT NULL REFERENCES members (id) ON DELETE CASCADE, -- who uploaded it
    session_id      TEXT   NOT NULL UNIQUE REFERENCES sessions (id) ON DELETE CASCADE ON UPDATE CASCADE,
    content         BYTEA  NOT NULL, -- sealed: the file
    created         BIGINT NOT NULL,
    expires         BIGINT NOT NULL
);
CREATE INDEX imports_expires ON imports (expires);
CREATE INDEX imports_member ON imports (member_id);

CREATE TABLE links (
    id        TEXT   PRIMARY KEY,
    member_id TEXT   NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    purpose   TEXT   NOT NULL,
    address   TEXT   NOT NULL,
    about     TEXT   NOT NULL,
    created   BIGINT NOT NULL,
    expires   BIGINT NOT NULL,
    used      BIGINT NOT NULL
);
CREATE INDEX links_member ON links (member_id, purpose);
CREATE INDEX links_expires ON links (expires);

CREATE TABLE throttles (
    kind     TEXT   NOT NULL,
    subject  TEXT   NOT NULL,
    device   TEXT   NOT NULL,
    failures BIGINT NOT NULL,
    last     BIGINT NOT NULL,
    PRIMARY KEY (kind, subject, device)
);
CREATE INDEX throttles_last ON throttles (last);

CREATE TABLE outbox (
    id              TEXT   PRIMARY KEY,
    organisation_id TEXT   NOT NULL REFERENCES organisations (id),
    kind            TEXT   NOT NULL,
    member_id       TEXT   NOT NULL, -- whom it is about; the letter outlives them
    message         BYTEA  NOT NULL, -- sealed JSON; empty once sent or given up
    bulk            BOOLEAN NOT NULL DEFAULT FALSE, -- one of very many, which goes after all others
    queued_at       BIGINT NOT NULL,
    due_at          BIGINT NOT NULL,
    claimed_until   BIGINT NOT NULL DEFAULT 0,
    attempts        BIGINT NOT NULL DEFAULT 0,
    sent_at         BIGINT NOT NULL DEFAULT 0,
    failed_at       BIGINT NOT NULL DEFAULT 0,
    last_reason     TEXT   NOT NULL DEFAULT ''
);
CREATE INDEX outbox_waiting ON outbox (bulk, due_at, id) WHERE sent_at = 0 AND failed_at = 0;
CREATE INDEX outbox_of ON outbox (member_id, kind) WHERE sent_at = 0 AND failed_at = 0;
CREATE INDEX outbox_done ON outbox (queued_at) WHERE sent_at > 0 OR failed_at > 0;

-- The log. It has no foreign keys: it outlives everything it speaks of.
-- SQLite takes any value in any column: the checks hold it to the types.
CREATE TABLE events (
    id            TEXT   NOT NULL PRIMARY KEY CHECK (id = CAST(id AS TEXT)),
    at            BIGINT NOT NULL CHECK (at = CAST(at AS BIGINT)),
    kind          TEXT   NOT NULL,
    organisation  TEXT   NOT NULL,
    actor_kind    TEXT   NOT NULL,
    actor_member  TEXT   NOT NULL,
    subject       TEXT   NOT NULL,
    reason        TEXT   NOT NULL,
    facts         TEXT   NOT NULL, -- JSON, exactly as the leaf holds it
    origin        TEXT   NOT NULL, -- JSON, personal; erased together with salt
    salt          BYTEA  NOT NULL,
    personal_hash BYTEA  NOT NULL,
    mac           BYTEA  NOT NULL, -- ledger.Keys makes it; another one once sealed
    leaf_index    BIGINT UNIQUE CHECK (leaf_index = CAST(leaf_index AS BIGINT)), -- NULL: not sealed yet
    waiting       BOOLEAN NOT NULL DEFAULT TRUE CHECK (waiting IN (TRUE, FALSE)) -- to be sealed; without index nor waiting it was refused
);
CREATE INDEX events_at ON events (at, id);
CREATE INDEX events_organisation ON events (organisation, at, id);
CREATE INDEX events_subject ON events (subject, at, id);
CREATE INDEX events_acted ON events (actor_member, at, id) WHERE actor_member <> subject; -- about others
CREATE INDEX events_unsealed ON events (at, id) WHERE waiting;

-- Who seals: one process at a time. What it does, it does while it holds the row.
CREATE TABLE sealer (
    row_one BIGINT NOT NULL PRIMARY KEY CHECK (row_one = 1),
    holder  TEXT   NOT NULL,
    beat    BIGINT NOT NULL CHECK (beat = CAST(beat AS BIGINT)) -- rises with whatever the holder does
);

-- The Merkle tree over the sealed events: the hashes that
-- golang.org/x/mod/sumdb/tlog calls stored, by tlog.StoredHashIndex. Those of
-- level 0 are the hashes of the leaves.
CREATE TABLE log_hashes (
    stored_index BIGINT NOT NULL PRIMARY KEY CHECK (stored_index = CAST(stored_index AS BIGINT)),
    hash         BYTEA  NOT NULL
);

-- Signed tree heads, by the number of events they cover: the newest, and the
-- last one of each block of 1024 events.
CREATE TABLE checkpoints (
    size BIGINT NOT NULL PRIMARY KEY CHECK (size = CAST(size AS BIGINT)),
    root BYTEA  NOT NULL,
    note TEXT   NOT NULL,
    at   BIGINT NOT NULL
);
