"""Signals of queryaudit."""

from django.dispatch import Signal

# Sent with sender, request, response and audit in the request's thread or task,
# after the response was closed. Findings are judged when a receiver reads them.
request_audited = Signal()
