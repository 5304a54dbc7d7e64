"""The SQLite database backend, with a lock for the writers of one process."""
