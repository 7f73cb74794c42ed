"""Django's own tests, run bare and with each test audited; what differs is told."""
