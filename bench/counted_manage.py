"""`manage.py` that writes the time of each database statement to a file when it ends.

`python -m bench.counted_manage serve …`: BENCH_STATEMENTS names the file. Each line has the
seconds of `time.monotonic`, which all processes of a machine share, and the statement.
"""

from __future__ import annotations

import atexit
import os
import time
from pathlib import Path

import manage

STATEMENTS: list[tuple[float, str]] = []


def count_statements() -> None:
    """Note every statement of this process."""
    from django.db.backends.utils import CursorWrapper

    execute = CursorWrapper._execute

    def noting(self, sql, *rest, **options):
        STATEMENTS.append((time.monotonic(), str(sql)))
        return execute(self, sql, *rest, **options)

    CursorWrapper._execute = noting


def write() -> None:
    lines = (f"{at:.3f} {' '.join(sql.split())}\n" for at, sql in STATEMENTS)
    Path(f"{os.environ['BENCH_STATEMENTS']}-{os.getpid()}").write_text("".join(lines))


if __name__ == "__main__":
    count_statements()
    atexit.register(write)
    manage.main()
