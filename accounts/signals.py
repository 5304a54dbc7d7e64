"""Signals that this app sends."""

from django.dispatch import Signal

# Sent after commit when a person must lose what they have open.
# Arguments: user_id (int), reason ("password", "disabled" or "deleted").
access_revoked = Signal()
