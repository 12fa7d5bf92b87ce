"""What can be set on a stand-in while it runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from . import facts


@dataclass
class Settings:
    """How this HubSpot behaves where HubSpot leaves a choice.

    - `index_lag`: how long search stays behind writes.
    - `rotate_refresh_tokens`: a refresh answers with a new refresh token and ends the old one.
    - `merge_makes_third_id`: the survivor of a merge gets an id of its own.
    - `deletion_after_merge`: `contact.deletion` follows a merge for each id that vanished.
    - `unmerge_tells`: by which message a merged id that lives again is told: restore, creation.
    - `omit_empty_arrays`: membership writes leave empty arrays out of their answers.
    - `changes_on_creation`: a creation also sends propertyChange for the values it came with.
    - `journal_file_events`: how many events one file of the journal holds.
    """

    index_lag: timedelta = facts.INDEX_LAG
    rotate_refresh_tokens: bool = True
    merge_makes_third_id: bool = False
    deletion_after_merge: bool = False
    unmerge_tells: str = "restore"
    omit_empty_arrays: bool = True
    changes_on_creation: bool = True
    journal_file_events: int = facts.JOURNAL_FILE_EVENTS
