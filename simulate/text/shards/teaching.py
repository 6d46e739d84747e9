"""Learners taught by workers, an order each: every one of them has the whole text, and what it learns of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bounds.base.telling.steps import step
from simulate.text.cutting.sequences import Units
from simulate.text.cutting.units import WORDS
from simulate.text.learning.curves import Course, School, Taught, Text, lesson, numbered, unseen
from simulate.text.shards.room import ClusterRoom, elsewhere_of
from simulate.text.shards.workers import itself


def school_of(room: ClusterRoom) -> School:
    """Orders as tasks of the workers of `room`, which have read the text."""

    def taught(units: Units, course: Course) -> Taught:
        do, of = room.workers.do, room.workers.of
        text, given = do(whole, units.unit, list(elsewhere_of(units).pieces.tasks)), do(itself, course)
        facts = do(_facts, text, given)
        tasks = [do(lesson, text, given, shuffle) for shuffle in range(course.shuffles)]
        step("learning", 0, len(tasks), "orders")
        for done, place in enumerate(room.workers.ended(tasks), 1):
            of(tasks[place])
            step("learning", done, len(tasks), "orders")
        return Taught([of(one) for one in tasks], *of(facts))

    return taught


def whole(unit: str, pieces: Sequence[np.ndarray]) -> Text:
    """A text of all pieces; words by the order in which they appear, as one process numbers them."""
    ids = np.concatenate(pieces)
    return numbered(_by_appearance(ids) if unit in WORDS else ids, unit)


def _by_appearance(ids: np.ndarray) -> np.ndarray:
    """Numbers from 0 on in the order in which each appears first, of dense ones."""
    first = np.zeros(int(ids.max()) + 1, np.int64)
    first[ids[::-1]] = np.arange(len(ids) - 1, -1, -1)  # of several places for one word the last stays
    number = np.empty(len(first), np.int32)
    number[np.argsort(first, kind="stable")] = np.arange(len(first), dtype=np.int32)
    return number[ids]


def _facts(text: Text, course: Course) -> tuple[int, float]:
    return text.vocabulary, unseen(text, course)
