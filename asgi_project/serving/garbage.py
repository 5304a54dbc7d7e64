"""How often Python looks for garbage that refers to itself.

By default it looks after each 700 new objects that live, and now and then through all of
them: some 200,000 belong to the modules, the models and the URLs, which live as long as the
process. A request makes hundreds of objects, nearly all of which go without the collector.
"""

from __future__ import annotations

import gc

THRESHOLDS = (10_000, 20, 20)
"""New objects before the youngest are looked at; such looks before the next generation's."""


def settle() -> None:
    """Leave everything that is loaded now out of all later collections."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
