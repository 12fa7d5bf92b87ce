"""All tables on one page.

Instants are whole milliseconds since 1970 UTC (`Instant`). Every table of a contact's data leads
with (portal_id, contact_id) in its primary key, so that a cluster can spread it by either; on
SQLite `sqlite_with_rowid=False` keeps the rows sorted by it: a contact's rows lie together.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    false,
    literal_column,
)

from integration.store.columns import Body, Instant

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)


portals = Table(
    "portals",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False),  # PortalState
    Column("reason", Text, nullable=False, default=""),  # why disconnected, in plain words
    Column("time_zone", Text, nullable=False, default="UTC"),
    Column("currency", Text, nullable=False, default=""),
    Column("ui_domain", Text, nullable=False, default="app.hubspot.com"),
    Column("scopes", Text, nullable=False, default="[]"),  # granted, JSON list
    Column("installed_at", Instant, nullable=False),
    Column("access_token", Text, nullable=False),  # encrypted
    Column("refresh_token", Text, nullable=False),  # encrypted
    Column("token_version", Integer, nullable=False, default=1),  # compare-and-set on refresh
    Column("token_expires_at", Instant, nullable=False),
    Column("refresh_lease", Text),  # who refreshes now
    Column("refresh_leased_until", Instant),
    Column("prepared_with", Text, nullable=False, default=""),  # which definitions HubSpot has
    Column("checked_at", Instant),  # when lists and workflows were last looked at
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("received_at", Instant, nullable=False),
    Column("body", Body, nullable=False),  # as it came; empty once it is done
    Column("state", Text, nullable=False),  # due, done, dead
    Column("due_at", Instant, nullable=False),
    Column("lease", Text),
    Column("leased_until", Instant),
    Column("attempts", Integer, nullable=False, default=0),
    Column("reason", Text, nullable=False, default=""),
    Column("done_at", Instant),
    Column("messages", Integer, nullable=False, default=0),  # entries in it, once read
    Column("heard_before", Integer, nullable=False, default=0),  # of them, known already
    Column("skipped", Integer, nullable=False, default=0),  # of them, nothing of ours
    Index("ix_inbox_state_due_at", "state", "due_at"),
)

# Which portals a delivery spoke of, known once it was read: what the overview shows a portal.
inbox_portals = Table(
    "inbox_portals",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("inbox_id", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

# Webhook entries that were taken in: HubSpot repeats entries, and its eventId isn't unique.
heard = Table(
    "heard",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("fingerprint", LargeBinary, primary_key=True),
    Column("heard_at", Instant, nullable=False),
    Index("ix_heard_heard_at", "heard_at"),
    sqlite_with_rowid=False,
)

contacts = Table(
    "contacts",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("contact_id", BigInteger, primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False),  # live, archived, merged; of erased ones no row stays
    Column("state_at", Instant, nullable=False),  # HubSpot's instant of the last such change
    Column("merged_into", BigInteger),
    Column("created_at", Instant),
    Column("properties", Text, nullable=False),  # JSON {name: [value, ms of the change]}
    Column("lived_at", Instant),  # when it was last known to live
    Column("gone_at", Instant),  # when it was last deleted
    Column("learnt_at", Instant),  # when a value of it was last news to us, by our clock
    Column("unseen_since", Instant),  # of one deleted: since when it wasn't looked at, likewise
)
# Only those merged away: whose timelines a contact's holds beside its own, and is erased with it.
_WAS_MERGED = contacts.c.merged_into.is_not(None)
Index(
    "ix_contacts_merged",
    contacts.c.portal_id,
    contacts.c.merged_into,
    sqlite_where=_WAS_MERGED,
    postgresql_where=_WAS_MERGED,
)

# Who was seen to have an address, and when. It stays here when the contact has it no longer.
addresses = Table(
    "addresses",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("contact_id", BigInteger, primary_key=True, autoincrement=False),
    Column("email", Text, primary_key=True),  # lower case; primary and additional ones
    Column("since", Instant, primary_key=True),  # an instant at which the contact had it
    Index("ix_addresses_portal_id_email", "portal_id", "email"),
    sqlite_with_rowid=False,
)

events = Table(
    "events",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("contact_id", BigInteger, primary_key=True, autoincrement=False),
    Column("id", Text, primary_key=True),  # stable: the same source record, the same id
    Column("kind", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("known_at", Instant, nullable=False),  # when it was learnt, as it stands here
    Column("source", Text, nullable=False),
    Column("properties", Text, nullable=False),  # JSON object of texts
    Column("address", BigInteger),  # of what was told by an address: which one, as a hash
    # Told of a contact that was merged into this one, under whose own id it stands as well.
    Column("lent", Boolean, nullable=False, default=False, server_default=false()),
    Index("ix_events_portal_id_kind_at", "portal_id", "kind", "at", "contact_id"),
    sqlite_with_rowid=False,
)

# Events known by e-mail address only, whose contact hasn't been heard of yet.
strays = Table(
    "strays",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("email", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("source", Text, nullable=False),
    Column("properties", Text, nullable=False),
    sqlite_with_rowid=False,
)

# The heart: the next instant at which anything about a contact can change.
due = Table(
    "due",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("contact_id", BigInteger, primary_key=True, autoincrement=False),
    Column("due_at", Instant, nullable=False),
    Column("cause", Text, nullable=False),  # Cause
    Column("version", Integer, nullable=False, default=1),  # grows with each new behaviour
    Index("ix_due_portal_id_due_at", "portal_id", "due_at"),
    sqlite_with_rowid=False,
)

# Which contacts workers are looking at: a row for each look, not a mark on each contact.
claims = Table(
    "claims",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("lease", Text, primary_key=True),
    Column("leased_until", Instant, nullable=False),
    Column("contact_ids", Text, nullable=False),  # JSON list
    sqlite_with_rowid=False,
)

memberships = Table(
    "memberships",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("contact_id", BigInteger, primary_key=True, autoincrement=False),
    Column("segment", Text, primary_key=True),
    Column("entered_at", Instant, nullable=False),
    Column("until", Instant),  # when it ends by itself; null: never
    Index("ix_memberships_portal_id_segment", "portal_id", "segment", "contact_id"),
    sqlite_with_rowid=False,
)

history = Table(
    "history",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("contact_id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, primary_key=True),
    Column("segment", Text, primary_key=True),
    Column("entered", Boolean, primary_key=True),
    Column("cause", Text, nullable=False),
    Column("why", Text, nullable=False),
    Index("ix_history_portal_id_at", "portal_id", "at"),
    sqlite_with_rowid=False,
)

stages = Table(
    "stages",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("contact_id", BigInteger, primary_key=True, autoincrement=False),
    Column("stage", Text, nullable=False),  # "" for the one named by `otherwise`
    Column("since", Instant, nullable=False),
    Column("changes_at", Instant),
    sqlite_with_rowid=False,
)

segments = Table(
    "segments",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("key", Text, primary_key=True),
    Column("list_id", Text),  # HubSpot's, once created
    Column("list_name", Text, nullable=False, default=""),
    Column("list_asked_at", Instant),  # written before the list is created: see deliver
    Column("list_size", Integer),  # as HubSpot last said
    Column("list_checked_at", Instant),
    Column("state", Text, nullable=False, default="on"),  # on, stuck
    Column("reason", Text, nullable=False, default=""),
    sqlite_with_rowid=False,
)

# The rules that ship, as they were whenever they changed: what a portal's older versions stand on.
shipped_rules = Table(
    "shipped_rules",
    metadata,
    Column("fingerprint", Text, primary_key=True),
    Column("files", Text, nullable=False),  # JSON [[name, text], ...]
    Column("seen_at", Instant, nullable=False),
)

# Every state of a portal's rules: what the portal has of its own, on which shipped rules.
rule_versions = Table(
    "rule_versions",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("made_at", Instant, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("what", Text, nullable=False),  # setting, rule, switch, shipped, undo
    Column("target", Text, nullable=False),  # a setting's name, segments.KEY, ...
    Column("before", Text),  # null: there was none
    Column("after", Text),
    Column("shipped", Text, nullable=False),  # fingerprint
    Column("own", Text, nullable=False),  # JSON {settings, rules, off}: all of it
    sqlite_with_rowid=False,
)

# Which version of its rules a portal stands on, and how far the change to a newer one has come:
# contacts up to `cursor` have been looked at by the target version, the others by `version`.
recounts = Table(
    "recounts",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    Column("target", Integer),  # null: nothing is changing
    Column("cursor", BigInteger, nullable=False, default=0),
    Column("total", Integer, nullable=False, default=0),  # contacts, when it began
    Column("looked_at", Integer, nullable=False, default=0),
    Column("moved", Integer, nullable=False, default=0),  # memberships that changed
    Column("started_at", Instant),
    Column("finished_at", Instant),
)

# Sizes over time: one row a segment and day (UTC), brought up to date through the day.
sizes = Table(
    "sizes",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("segment", Text, primary_key=True),
    Column("day", Text, primary_key=True),  # 2026-06-30
    Column("size", Integer, nullable=False),
    Column("entered", Integer, nullable=False),  # on that day so far
    Column("left", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# The continuous proof: how many contacts were evaluated from scratch on a day, and how many of
# them stood otherwise in the database.
proofs = Table(
    "proofs",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("day", Text, primary_key=True),
    Column("checked", Integer, nullable=False),
    Column("differed", Integer, nullable=False),
    sqlite_with_rowid=False,
)

differences = Table(
    "differences",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("contact_id", BigInteger, primary_key=True, autoincrement=False),
    Column("found_at", Instant, primary_key=True),
    Column("target", Text, primary_key=True),  # segments.KEY, "stage" or "due"
    Column("stored", Text, nullable=False),  # in words
    Column("evaluated", Text, nullable=False),
    Index("ix_differences_portal_id_found_at", "portal_id", "found_at"),
    sqlite_with_rowid=False,
)

workflows = Table(
    "workflows",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("flow_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("re_enrolls", Boolean, nullable=False),
    Column("list_ids", Text, nullable=False),  # JSON: lists whose members it enrolls
    Column("legacy_id", Text),
    Column("read_at", Instant, nullable=False),
    sqlite_with_rowid=False,
)

# What shall stand in HubSpot, one row an effect. A list or property row is kept after it was
# written: `written` is then what stands there, and a newer wish overwrites `wanted`.
outbox = Table(
    "outbox",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("contact_id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, primary_key=True),  # list, properties, enrollment
    Column("target", Text, primary_key=True),  # segment, "" or trigger
    Column("occurrence", Text, primary_key=True),  # of an enrollment: which one; else ""
    Column("wanted", Text, nullable=False),  # in/out, a JSON object, a workflow's name or id
    Column("written", Text),  # what HubSpot was last given
    Column("state", Text, nullable=False),  # due, done, skipped, dead
    Column("version", Integer, nullable=False, default=1),  # grows with each new wish
    Column("wanted_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("lease", Text),
    Column("leased_until", Instant),
    Column("sent_at", Instant),  # an attempt began whose outcome isn't known yet
    Column("attempts", Integer, nullable=False, default=0),
    Column("reason", Text, nullable=False, default=""),
    Column("done_at", Instant),
    sqlite_with_rowid=False,
)
# Most rows are done: an index that held them too would be written far apart at every new wish.
# An engine takes these where a query has the same literal in it.
IS_DUE = outbox.c.state == literal_column("'due'")
IS_DEAD = outbox.c.state == literal_column("'dead'")
Index(
    "ix_outbox_due",
    *(outbox.c.portal_id, outbox.c.kind, outbox.c.due_at),
    sqlite_where=IS_DUE,
    postgresql_where=IS_DUE,
)
Index(
    "ix_outbox_dead",
    *(outbox.c.portal_id, outbox.c.kind),
    sqlite_where=IS_DEAD,
    postgresql_where=IS_DEAD,
)

# How far each source of a portal was read.
sync = Table(
    "sync",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("source", Text, primary_key=True),
    Column("position", Integer, nullable=False),  # sources of a first sync run in this order
    Column("cursor", Text, nullable=False, default=""),  # JSON, the source's own
    Column("state", Text, nullable=False),  # waiting, running, done, off
    Column("records", Integer, nullable=False, default=0),
    Column("due_at", Instant, nullable=False),
    Column("lease", Text),
    Column("leased_until", Instant),
    Column("attempts", Integer, nullable=False, default=0),
    Column("reason", Text, nullable=False, default=""),
    Column("started_at", Instant),
    Column("finished_at", Instant),  # of the first full reading
    Column("total", Integer),  # records there are, as HubSpot said at the beginning
    sqlite_with_rowid=False,
)

# How far the app's journal was read: one row an app, for all portals.
journal = Table(
    "journal",
    metadata,
    Column("app_id", BigInteger, primary_key=True, autoincrement=False),
    Column("offset", Text, nullable=False, default=""),  # "" before the first file
    Column("due_at", Instant, nullable=False),
    Column("lease", Text),
    Column("leased_until", Instant),
    Column("attempts", Integer, nullable=False, default=0),
    Column("reason", Text, nullable=False, default=""),  # why it isn't read, in plain words
    Column("polled_at", Instant),  # when it was last read to its end
    Column("subscribed_with", Text, nullable=False, default=""),  # digest of what was asked for
    Column("subscribed_at", Instant),
    Column("events", BigInteger, nullable=False, default=0),
    sqlite_with_rowid=False,
)

# What differed between HubSpot and here when all of a portal was held against HubSpot.
reconciliations = Table(
    "reconciliations",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("started_at", Instant, primary_key=True),
    Column("finished_at", Instant, nullable=False),
    Column("there", Integer, nullable=False),  # live contacts
    Column("here", Integer, nullable=False),
    Column("found", Text, nullable=False),  # JSON {difference: how many}
    Column("samples", Text, nullable=False),  # JSON {difference: [contact ids]}
    sqlite_with_rowid=False,
)

# Where HubSpot has to be asked contact by contact: how far each contact was read.
contact_reads = Table(
    "contact_reads",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("contact_id", BigInteger, primary_key=True, autoincrement=False),
    Column("source", Text, primary_key=True),
    Column("through", Instant),  # the newest instant seen in a reading that came to its end
    Column("after", Text),  # HubSpot's cursor inside the reading under way; null: none is
    Column("newest", Instant),  # the newest instant seen in the reading under way
    Column("active_at", Instant),  # when the contact last did anything that is known
    Column("read_at", Instant),  # when it was last read to its end; null: never
    Column("due_at", Instant, nullable=False),
    Index("ix_contact_reads_portal_id_source_due_at", "portal_id", "source", "due_at"),
    sqlite_with_rowid=False,
)

# Every state of what a portal has set about its sources: patterns by name.
source_versions = Table(
    "source_versions",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("made_at", Instant, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("target", Text, nullable=False),  # the patterns' name
    Column("before", Text),  # JSON list; null: the default
    Column("after", Text),
    Column("own", Text, nullable=False),  # JSON {name: [pattern, ...]}: all of it
    sqlite_with_rowid=False,
)

budgets = Table(
    "budgets",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("bucket", Text, primary_key=True),  # general, search, general:live
    Column("slots", Text, nullable=False),  # JSON [[slot ms, calls], ...] of the last window
    Column("blocked_until", BigInteger, nullable=False, default=0),  # ms; HubSpot said wait
    sqlite_with_rowid=False,
)

# Each portal's secret salt: without it nobody can tell whose tombstone stands here.
salts = Table(
    "salts",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("salt", LargeBinary, nullable=False),
)

# Who was erased: of a contact's ids and addresses nothing but salted hashes, so that late news and
# polled records don't bring any of it back.
tombstones = Table(
    "tombstones",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("mark", LargeBinary, primary_key=True),
    Column("erased_at", Instant, nullable=False),  # HubSpot's instant
    sqlite_with_rowid=False,
)

# What was erased, or will be: of a contact, or of a whole portal that left. Kept when all else of
# a portal is gone: it names nobody.
erasures = Table(
    "erasures",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("id", Text, primary_key=True),
    Column("what", Text, nullable=False),  # contact, portal
    Column("asked_by", Text, nullable=False),  # hubspot, command, uninstall
    Column("asked_at", Instant, nullable=False),
    Column("state", Text, nullable=False),  # waiting, due, swept, done
    Column("due_at", Instant, nullable=False),
    Column("mark", Text, nullable=False, default=""),  # the contact's tombstone, in hex
    Column("whom", Text),  # JSON, what to look for in deliveries; null once that is done
    Column("counts", Text, nullable=False, default="{}"),  # JSON {table: rows removed}
    Column("total", Integer, nullable=False, default=0),  # of a portal: rows there were
    Column("removed_at", Instant),  # from when on no row has any of it
    Column("done_at", Instant),  # from when on no byte has any of it
    Column("report", Text),  # JSON, signed
    Index("ix_erasures_state_due_at", "state", "due_at"),
    sqlite_with_rowid=False,
)

# How long a portal keeps events of a kind; of a kind without a row they stay.
retention = Table(
    "retention",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, primary_key=True),
    Column("keep_ms", BigInteger, nullable=False),
    Column("set_at", Instant, nullable=False),
    Column("set_by", Text, nullable=False),
    sqlite_with_rowid=False,
)

# The collector's write keys. The key itself is nowhere: only who holds it can show it.
write_keys = Table(
    "write_keys",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("key_id", Text, primary_key=True),  # what people call it by: the digest's beginning
    Column("digest", Text, nullable=False),  # SHA-256 of the key, in hex
    Column("name", Text, nullable=False),
    Column("origins", Text, nullable=False),  # JSON list: the sites whose pages may use it
    Column("consent", Text, nullable=False),  # category that must be agreed to; "": any
    Column("rate", Integer, nullable=False),  # calls a second, for each web process
    Column("made_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Index("ix_write_keys_digest", "digest", unique=True),
    sqlite_with_rowid=False,
)

# What came with each key on a day (UTC): counts alone.
collected = Table(
    "collected",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("key_id", Text, primary_key=True),
    Column("day", Text, primary_key=True),  # 2026-06-30
    Column("calls", Integer, nullable=False),  # taken in
    Column("refused", Integer, nullable=False),  # without consent: not kept
    Column("unread", Integer, nullable=False),  # kept in `calls` as dead
    sqlite_with_rowid=False,
)

# The collector's inbox: requests as they came, each deleted in the transaction that takes it in.
# Calls that can't be read stay behind one by one, dead.
calls = Table(
    "calls",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("portal_id", BigInteger, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("type", Text, nullable=False),  # track, page, ..., batch; "": as the body says
    Column("body", Body, nullable=False),  # JSON
    Column("received_at", Instant, nullable=False),
    Column("state", Text, nullable=False),  # due, dead
    Column("due_at", Instant, nullable=False),  # a claim moves it: whoever dies leaves it due again
    Column("attempts", Integer, nullable=False, default=0),
    Column("reason", Text, nullable=False, default=""),
    Index("ix_calls_state_due_at", "state", "due_at"),
    # An id is never given twice: calls without a messageId are named by it.
    sqlite_autoincrement=True,
)

# Who the visitors of sites are: `anonymous:ID` is a `user:ID` or a person, `user:ID` a person, and
# a person is `contact:ID`, or `email:ADDRESS` where HubSpot has none of that address yet.
visitors = Table(
    "visitors",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("mark", Text, primary_key=True),
    Column("is_who", Text, nullable=False),
    Column("named_at", Instant, nullable=False),
    Index("ix_visitors_portal_id_is_who", "portal_id", "is_who"),
    sqlite_with_rowid=False,
)

# Events of visitors that nobody has named yet, and of contacts not heard of yet, by mark.
visits = Table(
    "visits",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("mark", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("source", Text, nullable=False),
    Column("properties", Text, nullable=False),
    Column("kept_at", Instant, nullable=False),  # how long it waits
    Index("ix_visits_kept_at", "kept_at"),
    sqlite_with_rowid=False,
)
