"""The SQLite back end, with a queue for writers."""
