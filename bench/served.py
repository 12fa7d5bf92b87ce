"""What gunicorn serves for the benchmark: the service itself, and a view that does nothing."""

from flask import Flask

from console.app import create_app


def empty() -> Flask:
    """Make an application with one view that reads the body and answers 204."""
    from flask import Response, request

    app = Flask(__name__)

    @app.post("/webhooks/hubspot")
    def hear() -> Response:
        request.get_data(cache=False)
        return Response(status=204)

    return app


def door() -> Flask:
    """Make the service, by the settings of the environment."""
    return create_app()
