"""The dashboard: server-rendered pages over the store, for viewers only."""
