"""The environment variables of Trolley: what they mean, and what their values may be.

`variables` declares each of them once. `reader` reads them, and docs/operating.md has
the table that `settings_table` makes of them.
"""
