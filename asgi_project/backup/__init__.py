"""Backups of a whole installation: one portable file, for SQLite and PostgreSQL alike."""
