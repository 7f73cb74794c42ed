"""The shop for gunicorn, without its own count of round trips, which every page would pay."""

from django.core.wsgi import get_wsgi_application
from django.db.backends.signals import connection_created

application = get_wsgi_application()
connection_created.disconnect(dispatch_uid="shop.round_trips")
