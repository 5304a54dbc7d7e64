"""Signals that this app sends."""

from django.dispatch import Signal

# Sent after the commit when all open connections of a user must be closed.
# Arguments: user_id (int), reason ("password", "disabled" or "deleted").
access_revoked = Signal()
