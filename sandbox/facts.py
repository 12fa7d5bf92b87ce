"""HubSpot's limits and constants, all in one place.

"Hypothesis" marks what no official page or specification says: it was reported by others or
is remembered, and wants a look at a real portal before anything leans on it.
"""

from __future__ import annotations

from datetime import timedelta

# Rates
TEN_SECONDLY_LIMIT = 110  # a marketplace app's requests to one account in any 10 s
TEN_SECONDLY_WINDOW = timedelta(seconds=10)  # rolling
SEARCH_LIMIT = 5  # search requests a second for a whole account, all apps together
SEARCH_WINDOW = timedelta(seconds=1)
URL_MAX = 8192  # characters of path and query before 414; hypothesis: between 8 and 16 kB

# Sizes
BATCH_MAX = 100  # inputs of an objects or properties batch
BATCH_WITH_HISTORY_MAX = 50  # inputs of a batch read, or page of a list, with history
PAGE_MAX = 100  # objects a page of a listing
PAGE_DEFAULT = 10  # objects a page when `limit` is not given
SEARCH_PAGE_MAX = 200
SEARCH_CAP = 10_000  # results one query can reach
SEARCH_BODY_MAX = 3000  # characters
SEARCH_GROUPS_MAX = 5
SEARCH_FILTERS_PER_GROUP_MAX = 6
SEARCH_FILTERS_MAX = 18
MEMBERSHIPS_PAGE_DEFAULT = 100
MEMBERSHIPS_PAGE_MAX = 250
LIST_SEARCH_DEFAULT = 20
LIST_SEARCH_MAX = 500
LIST_IDS_MAX = 100_000  # record ids of one membership write; hypothesis: quoted by third parties
ASSOCIATIONS_READ_MAX = 1000
ASSOCIATIONS_CREATE_MAX = 2000
ASSOCIATIONS_PAGE_MAX = 500
VALUE_MAX = 65_536  # characters of a string value
HISTORY_MAX = 45  # versions kept of one property; hypothesis: from older pages
PROPERTIES_MAX = 1000  # custom properties an object type
UNIQUE_PROPERTIES_MAX = 10
MERGES_MAX = 250  # merges a contact can take part in

# Times
ACCESS_TOKEN_LIFE = timedelta(minutes=30)
AUTH_CODE_LIFE = timedelta(minutes=10)  # hypothesis: single use is documented, its life is not
INDEX_LAG = timedelta(seconds=3)  # between a write and search seeing it; hypothesis: "seconds"
RESTORABLE = timedelta(days=90)  # deleted records and lists
WEBHOOK_TIMEOUT = timedelta(seconds=5)  # a delivery not answered by then has failed
WEBHOOKS_AFTER_UNINSTALL = timedelta(minutes=5)  # they go on; hypothesis: for how long
WEBHOOK_BATCH_MAX = 100  # messages in one delivery
WEBHOOK_CONCURRENCY = 10  # deliveries in flight for one account
# Ten retries spread over 24 hours; the single distances are a hypothesis.
WEBHOOK_RETRIES = tuple(
    timedelta(seconds=s) for s in (60, 120, 300, 600, 1800, 3600, 7200, 14_400, 21_600, 28_800)
)

# Webhooks Journal
JOURNAL_KEPT = timedelta(days=3)
JOURNAL_FILE_EVENTS = 10_000  # events in one file
JOURNAL_BATCH_MAX = 100  # entries of one batch call
JOURNAL_LIMIT = 100  # requests a second for an app; hypothesis: reported by third parties
JOURNAL_URL_LIFE = timedelta(hours=1)  # of a file's address; hypothesis
JOURNAL_LIFECYCLE = {"APP_INSTALL": "4-1909196", "APP_UNINSTALL": "4-1916193"}
NO_PORTAL = 0  # whose an app's own token is

# Identities
FIRST_CONTACT_ID = 508_369_434_347  # real ids are beyond 2^31
FIRST_OBJECT_ID = 43_210_000_001
FIRST_LIST_ID = 1
USER_ID = 9_586_504  # who installs and who clicks in the portal

# Tiers, from the smallest
TIERS = ("free", "starter", "professional", "enterprise")
# Scopes that a smaller account cannot grant. Hypothesis where HubSpot's pages name a product only.
SCOPE_TIERS = {
    "automation": "professional",
    "content": "professional",
    "marketing-email": "professional",
    "marketing.email.read": "professional",
    "business-intelligence": "professional",
    "behavioral_events.event_definitions.read_write": "enterprise",
    "analytics.behavioral_events.send": "enterprise",
    "communication_preferences.statuses.batch.read": "enterprise",
    "communication_preferences.statuses.batch.write": "enterprise",
}
