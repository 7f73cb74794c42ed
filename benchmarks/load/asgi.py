"""The shop for uvicorn, without its own count of round trips, which every page would pay."""

from django.core.asgi import get_asgi_application
from django.db.backends.signals import connection_created

application = get_asgi_application()
connection_created.disconnect(dispatch_uid="shop.round_trips")
