"""What other programs call the fields of an item, in columns and in JSON. Closed lists. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rest.text import InvalidTextError
from shopping_list.parsing import item_merge


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NAMES = {
    "name": (
        "name title item product article task taskname itemname summary subject content text "
        "artikel produkt bezeichnung titel nom produit nombre producto nome prodotto naam"
    ),
    "quantity": (
        "quantity qty amount count number pieces menge anzahl quantité quantite cantidad "
        "quantità quantita hoeveelheid aantal"
    ),
    "note": (
        "note notes description desc comment comments remark remarks memo details body notiz "
        "notizen bemerkung beschreibung kommentar remarque nota notas notitie opmerking"
    ),
    "category": (
        "category categories section aisle department group heading kategorie abteilung rubrik "
        "catégorie categorie rayon categoría categoria sección reparto"
    ),
    "purchased": (
        "purchased completed complete done checked ischecked isdone iscompleted bought ticked "
        "status state gekauft erledigt fertig acheté comprado hecho comprato fatto gekocht klaar"
    ),
}
_FIELDS = {word: field for field, words in _NAMES.items() for word in words.split()}
_NAME_ORDER = {word: order for order, word in enumerate(_NAMES["name"].split())}
_TEXTS = frozenset(("content", "text"))
"""Names of the item in some programs, and of its note in others that have a title too."""

_TRUE = _words(
    "true yes y x 1 on done completed complete checked bought purchased ticked closed ja j wahr "
    "gekauft erledigt oui vrai s\u00ed si verdadero vero waar \u2713 \u2714 \u2611 \u2705"
)
_FALSE = _words(
    "false no n 0 off open needsaction needs-action todo to-do active incomplete unchecked pending "
    "nein falsch offen non faux falso nee onwaar \u2610 -"
) | {"", "not started", "in progress"}


def field_of(name: str) -> str | None:
    """Return the field that a column or a key has, None if it is unknown."""
    return _FIELDS.get(_word(name))


def fields_of(names: Iterable[str]) -> list[str | None]:
    """Return the field of each of the columns of a table, or of the keys of an object.

    Only one of them is the name. Another one that may be a note is one.
    """
    words = [_word(name) for name in names]
    candidates = [word for word in words if word in _NAME_ORDER]
    name = min(candidates, key=_NAME_ORDER.__getitem__, default=None)
    return [_field(word, is_name=word == name) for word in words]


def texts_by_field(fields: Iterable[str | None], texts: Iterable[str]) -> dict[str, str]:
    """Return the first text of each field that is not empty, and all notes together."""
    by_field: dict[str, list[str]] = {}
    for field, text in zip(fields, texts, strict=False):
        if field is not None:
            by_field.setdefault(field, []).append(text)
    return {
        field: item_merge.join_all(field, texts)
        if field == "note"
        else next(filter(None, texts), "")
        for field, texts in by_field.items()
    }


def parse_boolean(text: str) -> bool:
    """Return what a cell says about a purchase. Raises InvalidTextError."""
    word = text.strip().casefold()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise InvalidTextError("purchased: Must be true or false.")


def _field(word: str, *, is_name: bool) -> str | None:
    field = _FIELDS.get(word)
    if field != "name" or is_name:
        return field
    return "note" if word in _TEXTS else None


def _word(name: str) -> str:
    return re.sub(r"[\s_-]+", "", name).casefold()
