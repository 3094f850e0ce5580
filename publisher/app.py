"""The HTTP application: which rooms there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from regiolog.publisher import answers, graphs, health, log, pages, problems, queries, vocabulary
from regiolog.publisher.asking import EXTENSION
from regiolog.publisher.catalog import catalog
from regiolog.publisher.changes import changes, positions
from regiolog.publisher.difference import diff
from regiolog.publisher.feed import stream
from regiolog.publisher.front import Front
from regiolog.publisher.memento import gates
from regiolog.publisher.sparql import endpoint
from regiolog.publisher.sparql.direct import Direct
from regiolog.publisher.things import resource

if TYPE_CHECKING:
    from regiolog.publisher.service import Service


def create_app(service: Service) -> Flask:
    """Make the application that answers for one register.

    Args:
        service: The register, open to be asked.
    """
    # Without an instance path Flask looks for the one folder of the package, and an editable install has none.
    app = Flask(__name__, instance_path=str(service.settings.data.absolute()))
    # A query may grow threefold when it is encoded as a form; the guard measures it afterwards.
    longest = 3 * service.settings.query_bytes + 2**16
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = longest
    app.extensions[EXTENSION] = service
    app.url_map.strict_slashes = False
    reading = (pages, queries, endpoint, resource, graphs, diff, gates, vocabulary)
    following = (stream, changes, positions, catalog, log)
    for module in (*reading, *following, health):
        app.register_blueprint(module.room)
    pages.register(app)
    problems.register(app)
    answers.register(app)
    answering: Any = Direct(app.wsgi_app, service, longest)
    if service.settings.cache:
        answering = Front(answering, service, service.settings.cache, longest)
    if proxies := service.settings.proxies:
        answering = ProxyFix(answering, proxies, proxies, proxies, proxies, proxies)
    app.wsgi_app = answering  # type: ignore[method-assign]
    return app
