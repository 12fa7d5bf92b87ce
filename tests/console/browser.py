"""A browser in front of Segue's pages, which also walks through HubSpot's."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import unescape
from urllib.parse import parse_qs, urlsplit

import requests
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from console.app import create_app
from integration.wiring import Segue
from tests.house import HUB_ID, PUBLIC_URL


@dataclass
class Browser:
    """One browser with its own cookies."""

    segue: Segue
    app: Flask = field(init=False)
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.app = create_app(self.segue)
        self.client = self.app.test_client()

    def get(self, path: str) -> TestResponse:
        """Open a page."""
        return self.client.get(path, base_url=PUBLIC_URL)

    def post(self, path: str, **form: str) -> TestResponse:
        """Send a form."""
        return self.client.post(path, base_url=PUBLIC_URL, data=form)

    def see(self, path: str = "/") -> str:
        """Open a page that is there; give its text with its entities read."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.status
        return unescape(answer.text)

    def begin_install(self) -> str:
        """Press the install button; give the address of HubSpot's page."""
        answer = self.get("/install")
        assert answer.status_code == 302
        return answer.headers["Location"]

    def agree(self, hub_id: int = HUB_ID, action: str = "install") -> str:
        """Begin an install and press a button on HubSpot's page; give the way back."""
        address = self.begin_install()
        shown = requests.get(address, timeout=10)
        assert shown.status_code == 200, shown.text
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        answer = requests.post(
            address.split("?")[0],
            data={**asked, "portal": str(hub_id), "action": action},
            allow_redirects=False,
            timeout=10,
        )
        back = urlsplit(answer.headers["Location"])
        assert f"{back.scheme}://{back.netloc}" == PUBLIC_URL
        return f"{back.path}?{back.query}"

    def install(self, hub_id: int = HUB_ID) -> TestResponse:
        """Install through all pages."""
        return self.get(self.agree(hub_id))

    def form_token(self) -> str:
        """Read what binds the page's forms to the session."""
        return self.see().split('name="form_token" value="')[1].split('"')[0]
