"""The names of topics.

`shopping_list.rows.topic_of` makes the name of a list's topic, because the
recorded frames contain it.
"""

from __future__ import annotations

from uuid import UUID

REQUESTS = "requests"
"""The request counters, for every signed-in user."""
REQUEST_WINDOWS = ("5m", "1h", "6h", "24h", "7d")
"""The lengths of the topics `requests:5m` and so on: the request counters of a longer time."""
OPERATIONS = "ops"
"""The request counters, for staff. So is every topic whose name begins with `ops:`."""
SIGNALS = "signals"
"""What is sent on Django's signals, for every signed-in user."""
VERDICT = "verdict"
"""What is wrong with the installation, for every signed-in user, without names of users."""
STAFF_VERDICT = "ops:verdict"
"""The same with names, for staff."""
PEOPLE = "people"
"""Who has lists open that the user may view."""
ROUTES = "ops:routes"
"""The requests by route, for staff."""
TICKER = "ops:ticker"
"""Each request as it ends, for staff."""
DELIVERY = "ops:delivery"
"""The path of changes to the screens, for staff."""
SCREENS = "ops:screens"
"""The sockets that follow lists, for staff."""
TRACES = "ops:traces"
"""Single changes on their way to each screen, for staff."""
MACHINE = "ops:machine"
"""The processes, the database, Redis and the disk, for staff."""
LISTS = "lists"
"""All lists of the user, without their items."""
ACTIVITY = "activity"
"""The changes of all lists of the user, without their rows."""
NEWEST_ACTIVITY = "activity:newest"
"""The same for a screen: of many changes at once only the newest, and how many more there were."""
OVERVIEW_TOPICS = (LISTS, ACTIVITY, NEWEST_ACTIVITY)


def parse_window_topic(topic: str) -> str | None:
    """Return the length of the window of a topic `requests:…`, or None."""
    kind, _, length = topic.partition(":")
    return length if kind == REQUESTS and length in REQUEST_WINDOWS else None


def is_staff_topic(topic: str) -> bool:
    """Tell whether only staff may subscribe to a topic."""
    return topic.partition(":")[0] == OPERATIONS


def parse_list_topic(topic: str) -> UUID | None:
    """Return the id of the list, or None. Accepts only the canonical spelling of the UUID."""
    kind, _, name = topic.partition(":")
    if kind != "list":
        return None
    try:
        list_id = UUID(name)
    except ValueError:
        return None
    return list_id if str(list_id) == name else None
