"""An admin with a browser: opens the install page and presses the button."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests

TIMEOUT = 20


class InstallFailed(Exception):
    """The app couldn't be installed through its pages."""


@dataclass
class _Form(HTMLParser):
    """The hidden fields of a page's form, and what its choices begin with."""

    fields: dict[str, str] = field(default_factory=dict)
    _choice: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take in one tag."""
        named = {name: value or "" for name, value in attrs}
        if tag == "input" and "name" in named:
            self.fields[named["name"]] = named.get("value", "")
        elif tag == "select":
            self._choice = named.get("name", "")
        elif tag == "option" and self._choice:
            self.fields.setdefault(self._choice, named.get("value", ""))


def install(service_url: str) -> requests.Session:
    """Install the app through HubSpot's pages; give the admin's signed session."""
    session = requests.Session()
    page = session.get(f"{service_url}/install", timeout=TIMEOUT)
    if page.status_code != requests.codes.ok:
        raise InstallFailed(f"the authorize page says {page.status_code}: {page.text[:300]}")
    form = _Form()
    form.feed(page.text)
    answer = session.post(
        urljoin(page.url, ""), data={**form.fields, "action": "install"}, timeout=TIMEOUT
    )
    if answer.status_code != requests.codes.ok or not answer.url.startswith(service_url):
        raise InstallFailed(f"{answer.url} says {answer.status_code}: {answer.text[:300]}")
    return session
