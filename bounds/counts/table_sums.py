"""Functions of a table of types, taken at many corpus sizes with as few tables as that needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bounds.base.sources import GrowingUniform, Source
from bounds.counts.rank_tables import make_table, type_table


def by_table(law: Source, points: tuple[Any, ...], function: Callable[..., Any], times: int = 1) -> Any:
    """function(table, *points); one table serves a thousand-fold range of the largest number of draws."""
    if isinstance(law, GrowingUniform):
        return _growing(law, points, function)
    result = np.empty(points[0].shape)
    steps = np.ceil(np.log10(points[-1]) / 3)
    for step in np.unique(steps):
        part = steps == step
        result[part] = function(type_table(law, 1000.0**step, times), *(point[part] for point in points))
    return result


def _growing(law: GrowingUniform, points: tuple[Any, ...], function: Callable[..., Any]) -> Any:
    """function with one row of the table for each point; few types are heavy and need a table of their own."""
    types = supports(law, points[-1])
    result = np.empty(types.shape)
    many = types > 64
    if many.any():
        column = types[many, None]
        result[many] = function(make_table(1 / column, column), *(point[many] for point in points))
    for few in np.unique(types[~many]):
        part = types == few
        result[part] = function(make_table([1 / few], [few]), *(point[part] for point in points))
    return result


def supports(law: GrowingUniform, n: Any) -> Any:
    """How many types the law has at each size of `n`."""
    return np.array([law.at(size).types for size in n], float)
