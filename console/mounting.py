"""Where PUBLIC_URL has a path, the pages live below it, whether the proxy takes it off or not."""

from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class MountedFlask(Flask):
    """A Flask application that answers below the path of its public address."""

    def __init__(self, import_name: str, public_url: str) -> None:
        super().__init__(import_name)
        self._mounted_at = urlsplit(public_url).path.rstrip("/")

    def wsgi_app(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer a request; one that came past the mounting path is read as if below it."""
        if self._mounted_at:
            environ["SCRIPT_NAME"] = self._mounted_at
            path = environ.get("PATH_INFO", "")
            if path == self._mounted_at or path.startswith(f"{self._mounted_at}/"):
                environ["PATH_INFO"] = path.removeprefix(self._mounted_at) or "/"
        return super().wsgi_app(environ, start_response)
