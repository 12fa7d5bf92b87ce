"""The request target exactly as it was sent: HubSpot signs it undecoded."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

# How the servers name it: gunicorn and werkzeug RAW_URI, waitress, uWSGI and mod_wsgi REQUEST_URI.
RAW = ("RAW_URI", "REQUEST_URI")
PATH_SAFE = "/:@!$&'()*+,;=~-._"


def raw_target(environ: Mapping[str, Any]) -> str:
    """Give path and query as they were sent, below the path at which the app is mounted.

    Where a server keeps neither, the path is encoded anew: then only targets without unusual
    percent-encoding fit their signature, and others are refused rather than taken on trust.
    """
    mount = str(environ.get("SCRIPT_NAME", ""))
    for name in RAW:
        if raw := str(environ.get(name) or ""):
            return raw.removeprefix(mount) if raw.startswith(f"{mount}/") else raw
    path = quote(str(environ.get("PATH_INFO", "")).encode("latin-1"), safe=PATH_SAFE)
    query = str(environ.get("QUERY_STRING", ""))
    return f"{path}?{query}" if query else path
