"""Forms and what people sent through them."""

from typing import Any

from integration.hubspot import versions
from integration.hubspot.door import Door
from integration.hubspot.reading import next_of, pages, readable, results_of
from mappings.marketing import form, submission
from mappings.model import Form, Submission

PAGE = 50


class Forms:
    """The forms of one portal."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def forms(self) -> list[Form]:
        """Read all forms, of every kind."""

        def fetch(after: str | None) -> Any:
            params = {"formTypes": "all", "limit": PAGE, "after": after}
            return self._door.call("GET", versions.path("forms"), params).body

        return [one for body in pages(fetch) for one in readable(form, results_of(body), "forms")]

    def submissions(
        self, of: Form, after: str | None = None, limit: int = PAGE
    ) -> tuple[list[Submission], str | None]:
        """Read a page of a form's submissions, newest first, and the cursor of the next one.

        HubSpot knows no time filter here: page until a submission that is known already.
        """
        path = versions.path("submissions", f"/{versions.segment(of.form_id)}")
        body = self._door.call("GET", path, {"limit": limit, "after": after}).body
        items = results_of(body)
        return readable(lambda one: submission(of, one), items, "submissions"), next_of(body)
