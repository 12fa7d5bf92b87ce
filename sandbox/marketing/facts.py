"""Limits of the marketing APIs. "Hypothesis" as in the stand-in's other facts."""

from __future__ import annotations

EMAIL_EVENTS_PAGE_DEFAULT = 10
EMAIL_EVENTS_PAGE_MAX = 1000  # asking for more is refused; hypothesis: it might be cut silently
SUBMISSIONS_PAGE_DEFAULT = 20
SUBMISSIONS_PAGE_MAX = 50
FORMS_PAGE_DEFAULT = 50  # hypothesis
FORMS_PAGE_MAX = 500  # hypothesis
OCCURRENCES_PAGE_DEFAULT = 20  # hypothesis
OCCURRENCES_PAGE_MAX = 100  # hypothesis; a larger `limit` gets no larger page
CONSENT_BATCH_MAX = 100  # hypothesis for the figure
FLOWS_PAGE_DEFAULT = 100  # hypothesis
FLOWS_PAGE_MAX = 100  # hypothesis
FLOWS_BATCH_MAX = 100  # hypothesis

# What an app may hold to read marketing e-mail events; pages differ, either is taken.
EMAIL_EVENT_SCOPES = ("content", "marketing-email")
CONSENT_READ_SCOPES = ("communication_preferences.read", "communication_preferences.read_write")
CONSENT_WRITE_SCOPES = ("communication_preferences.write", "communication_preferences.read_write")
CONSENT_BATCH_READ_SCOPES = ("communication_preferences.statuses.batch.read",)
CONSENT_BATCH_WRITE_SCOPES = ("communication_preferences.statuses.batch.write",)
# The specification names `oauth`; older pages `business-intelligence`. The account's tier decides.
OCCURRENCE_SCOPES = ("oauth", "business-intelligence")
MARKETING_EVENTS_PAGE_DEFAULT = 10
MARKETING_EVENTS_PAGE_MAX = 100
PARTICIPATIONS_PAGE_DEFAULT = 10
PARTICIPATIONS_PAGE_MAX = 100
MARKETING_EVENT_SCOPES = ("crm.objects.marketing_events.read",)
