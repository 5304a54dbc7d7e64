"""The REST API of lists: docs/api.md."""
