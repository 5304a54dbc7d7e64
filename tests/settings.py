"""The product's settings on a throw-away data directory, SQLite unless DATABASE_URL says."""

import atexit
import os
import shutil
import tempfile

_data = tempfile.mkdtemp(prefix="trolley-test-")
atexit.register(shutil.rmtree, _data, ignore_errors=True)
os.environ["TROLLEY_DATA"] = _data
os.environ.setdefault("TROLLEY_LAYER", "memory")

from asgi_project.settings import *  # noqa: E402, F403
from asgi_project.settings import DATA_DIR, DATABASES  # noqa: E402

# Cheap on purpose: the cost of argon2 is tested once, by name.
PASSWORD_HASHERS = ["tests.support.quick_hasher.QuickPasswordHasher"]
# A file, because threads of one test must meet in the same database.
if DATABASES["default"]["ENGINE"] == "asgi_project.sqlite":
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
# Threads end with their test, and PostgreSQL drops no database that has connections.
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 0
# No test waits for the requests of another; tests/rest/test_throttles.py sets limits.
WRITES_PER_SECOND = READS_PER_SECOND = 0
