"""Queries that Django compiles once and then only runs.

Building and compiling a SELECT with joins costs the ORM several times what the
database needs to answer it by primary key, and every edit asks the same few
questions. The SQL is still Django's own, so converters and back ends hold.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Field, QuerySet


@dataclass(frozen=True)
class _Compiled:
    """A statement for one connection, and where its arguments go."""

    connection: Any
    sql: str
    params: tuple[Any, ...]
    argument_positions: tuple[tuple[int, int], ...]
    compiler: Any
    converters: Any


class CompiledQuery:
    """One `values_list` query with arguments, for the default database.

    `build` makes the queryset from its arguments; `fields` adapt them, in the
    same order; `samples` are two unlike sets of arguments, by which the places
    of the arguments in the statement are found. No argument may be a list,
    None, or decide the shape of the query.
    """

    def __init__(
        self,
        build: Callable[..., QuerySet[Any, Any]],
        *,
        fields: Sequence[Field[Any, Any]],
        sample_arguments: tuple[tuple[Any, ...], tuple[Any, ...]],
    ) -> None:
        self._build = build
        self._fields = fields
        self._samples = sample_arguments
        self._local = threading.local()

    def __call__(self, *arguments: Any) -> list[tuple[Any, ...]]:
        """Return the rows, with the values that the queryset would give."""
        compiled = self._compiled()
        params = list(compiled.params)
        for place, number in compiled.argument_positions:
            params[place] = self._adapted(number, arguments[number])
        with connection.cursor() as cursor:
            cursor.execute(compiled.sql, params)
            rows = cursor.fetchall()
        if not compiled.converters:
            return list(map(tuple, rows))
        return list(map(tuple, compiled.compiler.apply_converters(rows, compiled.converters)))

    def _adapted(self, number: int, argument: Any) -> Any:
        return self._fields[number].get_db_prep_value(argument, connection, prepared=False)

    def _compiled(self) -> _Compiled:
        """Return the statement for this thread's connection.

        Converters hold on to a connection, and connections belong to threads.
        """
        known: _Compiled | None = getattr(self._local, "compiled", None)
        if known is None or known.connection is not connections[DEFAULT_DB_ALIAS]:
            known = self._compile()
            self._local.compiled = known
        return known

    def _compile(self) -> _Compiled:
        (sql, params, compiler), (other, others, _) = map(self._statement, self._samples)
        if sql != other:
            raise ValueError("the arguments decide the shape of the query")
        slots = []
        for place, (one, two) in enumerate(zip(params, others, strict=True)):
            if one != two:
                slots.append((place, self._number_of(one, two)))
        fields = [column[0] for column in compiler.select[: compiler.col_count]]
        return _Compiled(
            compiler.connection,
            sql,
            params,
            tuple(slots),
            compiler,
            compiler.get_converters(fields),
        )

    def _statement(self, sample: tuple[Any, ...]) -> tuple[str, tuple[Any, ...], Any]:
        compiler = self._build(*sample).query.get_compiler(connection.alias)
        sql, params = compiler.as_sql()
        return sql, tuple(params), compiler

    def _number_of(self, one: Any, two: Any) -> int:
        first, second = self._samples
        for number in range(len(self._fields)):
            if (self._adapted(number, first[number]), self._adapted(number, second[number])) == (
                one,
                two,
            ):
                return number
        raise ValueError("an argument does not reach the statement as it is")
