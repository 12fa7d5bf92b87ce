"""Pages that say in plain words what went wrong and what to do next."""

from flask import Flask, render_template
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

WORDS = {
    400: ("That didn't work", "The request was incomplete. Go back and try it once more."),
    404: ("There is no such page", "The address may be mistyped, or the page has moved."),
    405: ("That isn't done this way", "This address takes another kind of request."),
    413: ("That is too large", "Segue takes requests of up to 1 MiB."),
    500: (
        "Something broke here",
        "It isn't your doing, and it has been logged. Try again in a minute; if it goes on, tell "
        "whoever runs this Segue. Deliveries that were taken in are safe.",
    ),
}


def notice(title: str, words: str, status: int, install: bool = False) -> ResponseReturnValue:
    """Show a page with one message; `install` offers the install button beside it."""
    return render_template("notice.html", title=title, words=words, install=install), status


def register(app: Flask) -> None:
    """Answer every error with such a page."""

    @app.errorhandler(HTTPException)
    def show(error: HTTPException) -> ResponseReturnValue:
        status = error.code or 500
        if status < 400:
            return error.get_response()
        title, words = WORDS.get(status, WORDS[500 if status >= 500 else 400])
        return notice(title, words, status)
