"""Chi-square of the samplers that draw with memory, from several laws or of several letters, each with wrong ones.

Samplers of one law have theirs in `test_tokens` and `test_simulation`, letters that repeat in `test_repeating_windows`,
numbers of named laws in `test_variates`. Expectations are written down here from the definitions. Statistical checks:
thirteen chi-squares at fixed seeds.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import islice, pairwise, product
from typing import cast

import numpy as np
import pytest
from scipy.special import zeta

from bounds.base.sources import Geometric, Mixture, PitmanYor, Source, Uniform, Windows, Zipf, parse_source
from simulate.corpora.order import DrawnOrder, open_order
from simulate.drawing.backends import cpu, reference
from simulate.drawing.stream import Stream, multiply_high, random_bits
from simulate.drawing.tables import Sampler, build_sampler
from simulate.engines.choice import growth
from simulate.studies.skills.drawing.groups import MassOrder, lay_out
from simulate.studies.skills.plan import SkillPlan
from tests import statistics as stats

SEED = 20261125


def z_of_counts(observed: np.ndarray, expected: np.ndarray) -> float:
    """z of the chi-square of counts; cells with fewer than 10 expected are one, and join another if they stay few."""
    assert observed.sum() == pytest.approx(expected.sum())
    large = expected >= 10
    observed, expected = (np.append(x[large], x[~large].sum()).astype(float) for x in (observed, expected))
    if expected[-1] < 10:
        observed, expected = (np.append(x[:-2], x[-2:].sum()) for x in (observed, expected))
    statistic = float(((observed - expected) ** 2 / expected).sum())
    return stats.z_of_chi_square(statistic, len(expected) - 1)


def stream(replicate: int = 0, cell: int = 21) -> Stream:
    return Stream(SEED, "tokens", cell, replicate)


# The Chinese restaurant: all ways to seat a few, and the number of tables of many

N_SEATED = 5
URNS = ["pitman-yor:0.5,concentration=1", "pitman-yor:0.8,concentration=-0.3", "pitman-yor:0.01,concentration=3"]


def urn_of(source: str) -> PitmanYor:
    law = parse_source(source)
    assert isinstance(law, PitmanYor)
    return law


def seating_chance(tables: tuple[int, ...], law: PitmanYor) -> Fraction:
    """Pitman's probability of the partition: Π (θ + iα) over tables i, Π (1 - α)(2 - α) … over those at each."""
    a, theta = Fraction(law.discount), Fraction(law.concentration)
    found = Fraction(1)
    for seated in range(1, len(tables)):
        found /= theta + seated
    for i, size in enumerate(Counter(tables).values()):
        found *= theta + i * a if i else 1
        for more in range(1, size):
            found *= more - a
    return found


@cache
def seatings(n: int) -> tuple[tuple[int, ...], ...]:
    """Every way to seat `n`, each by the table of its members, tables numbered as they were founded."""
    return tuple(
        tables for tables in product(range(n), repeat=n)
        if tables[0] == 0 and all(t <= max(tables[:i]) + 1 for i, t in enumerate(tables) if i)
    )  # fmt: skip


def z_of_seatings(found: list[tuple[int, ...]], law: PitmanYor) -> float:
    counted = Counter(found)
    assert set(counted) <= set(seatings(N_SEATED))
    expected = np.array([float(seating_chance(tables, law)) for tables in seatings(N_SEATED)]) * len(found)
    return z_of_counts(np.array([counted[tables] for tables in seatings(N_SEATED)]), expected)


def seated(sampler: Sampler, replicates: int) -> list[tuple[int, ...]]:
    return [tuple(cpu.draw(sampler, N_SEATED, stream(r)).tolist()) for r in range(replicates)]


def test_the_chances_of_all_seatings_are_one():
    assert len(seatings(N_SEATED)) == 52  # Bell's number
    for source in URNS:
        assert sum((seating_chance(tables, urn_of(source)) for tables in seatings(N_SEATED)), Fraction(0)) == 1


@pytest.mark.parametrize("source", URNS)
def test_every_seating_of_a_few_turns_up_as_often_as_it_should(source):
    law = urn_of(source)
    sampler = build_sampler(law, N_SEATED)
    assert stats.check(f"seatings {source}", z_of_seatings(seated(sampler, 20_000), law))
    # Wrong weights: a discount that is off by a tenth, a concentration that is off by a quarter.
    discount, concentration = sampler.parameter
    for off in ((discount + 2**32 // 10, concentration), (discount, concentration + 2**32 // 4)):
        assert z_of_seatings(seated(replace(sampler, parameter=off), 20_000), law) > stats.LIMIT


def all_alike(seated: list[int], founders: list[int], discount: int, concentration: int, own: Stream) -> int:
    """A wrong rule: a table is chosen whoever sits there, where it should be chosen by its guests."""
    return reference.bits(own, len(seated), 0) * (len(founders) + 1) >> 64


def without_discount(seated: list[int], founders: list[int], discount: int, concentration: int, own: Stream) -> int:
    """A wrong rule: what is taken from founders goes to no new table."""
    return RULE(seated, founders, 0, concentration, own)


RULE = reference._choose_table


@pytest.mark.parametrize("rule", [all_alike, without_discount])
def test_wrong_rules_of_a_restaurant_are_caught(rule, monkeypatch):
    law = urn_of(URNS[0])
    sampler = build_sampler(law, N_SEATED)

    def z() -> float:
        drawn = [tuple(islice(reference.draws(sampler, stream(r)), N_SEATED)) for r in range(2000)]
        return z_of_seatings(cast("list[tuple[int, ...]]", drawn), law)

    assert abs(z()) < stats.LIMIT
    monkeypatch.setattr(reference, "_choose_table", rule)
    assert z() > stats.LIMIT


def table_chances(law: PitmanYor, n: int) -> np.ndarray:
    """P(K_n = k), k = 0 … n, one guest after another."""
    a, theta, k = law.discount, law.concentration, np.arange(n + 1)
    chance = np.zeros(n + 1)
    chance[1] = 1.0
    for seated in range(1, n):
        new = chance * (theta + k * a) / (theta + seated)
        chance = chance - new
        chance[1:] += new[:-1]
    return chance


@pytest.mark.parametrize("engine", ["tokens", "types"])
@pytest.mark.parametrize("source", ["pitman-yor:0.58,concentration=10", "pitman-yor:0.4,concentration=-0.2"])
def test_the_number_of_tables_has_its_law(source, engine):
    """As drawn guest by guest, and table by table."""
    law, n, replicates = urn_of(source), 300, 4000
    counts = np.asarray(growth(source, [n], replicates, engine=engine, seed=SEED).n_unique)[:, 0]
    observed = np.bincount(counts, minlength=n + 1)
    assert stats.check(f"tables {source} {engine}", z_of_counts(observed, replicates * table_chances(law, n)))
    for wrong in (
        PitmanYor(law.discount + 0.03, law.concentration),
        PitmanYor(law.discount, law.concentration + 0.12 * max(1, abs(law.concentration))),
    ):
        assert z_of_counts(observed, replicates * table_chances(wrong, n)) > stats.LIMIT


# Mixtures: each component from its head to its tail

MIXTURES = {
    "mixture:0.7*(zipf:2)+0.3*(zipf:1.5,shift=5)": "mixture:0.69*(zipf:2)+0.31*(zipf:1.5,shift=5)",
    "mixture:0.5*(uniform:100000)+0.2*(zipf:1.05,shift=5000)+0.3*(geometric:0.99)":
        "mixture:0.5*(uniform:100000)+0.2*(zipf:1.07,shift=5000)+0.3*(geometric:0.99)",
    "mixture:0.6*(zipf:1.1,types=3000)+0.4*(uniform:7)": "mixture:0.6*(zipf:1.1,types=3000)+0.4*(uniform:8)",
}  # fmt: skip
"""Each with one in which a weight, an exponent or a number of types is a little wrong."""

EDGES = np.unique(np.concatenate([np.arange(1, 41), np.round(np.geomspace(41, 2.0**58, 80))]))


def survival(law: Source, ranks: np.ndarray) -> np.ndarray:
    """Probability that a rank is at least each of `ranks`, from 1."""
    if isinstance(law, Uniform):
        return np.clip(1 - (ranks - 1) / law.types, 0, 1)
    if isinstance(law, Geometric):
        return law.ratio ** (ranks - 1)
    assert isinstance(law, Zipf)
    beyond = 0.0 if law.types is None else zeta(law.exponent, law.types + 1 + law.shift)
    tail = np.maximum(zeta(law.exponent, ranks + law.shift) - beyond, 0)
    return tail / (zeta(law.exponent, 1 + law.shift) - beyond)


def z_of_mixture(order: DrawnOrder, n: int, law: Mixture) -> float:
    """Ranks of each component in cells from the head to 2^58, and in one cell what lies above, whose it cannot say."""
    component, rank = order._ranks(order.keys(0, n))
    observed, expected, above = [], [], 0.0
    for number, (weight, part) in enumerate(law.components):
        chance = survival(part, EDGES)
        expected.append(-n * weight * np.diff(chance))
        observed.append(np.histogram(rank[component == number], EDGES)[0])
        above += n * weight * chance[-1]
    assert np.isin(component, [-1, *range(len(law.components))]).all()
    return z_of_counts(
        np.concatenate([*observed, [n - sum(map(np.sum, observed))]]), np.concatenate([*expected, [above]])
    )


@pytest.mark.parametrize(("source", "wrong"), MIXTURES.items())
def test_each_part_of_a_mixture_is_drawn_by_its_weight_and_law(source, wrong):
    n = 400_000
    order, law, other = open_order(source, n, seed=SEED), parse_source(source), parse_source(wrong)
    assert isinstance(order, DrawnOrder)
    assert isinstance(law, Mixture)
    assert isinstance(other, Mixture)
    assert stats.check(f"parts of {source}", z_of_mixture(order, n, law))
    assert z_of_mixture(order, n, other) > stats.LIMIT


# Windows that do not overlap are independent

WINDOWS = {
    "windows:alphabet=6,length=3": np.full(6, 1 / 6),
    "windows:alphabet=5,length=4,exponent=1": np.arange(1, 6) ** -1.0 / np.sum(np.arange(1, 6) ** -1.0),
}


@pytest.mark.parametrize("source", WINDOWS)
def test_windows_that_do_not_overlap_have_the_law_of_independent_letters(source):
    law, p = parse_source(source), WINDOWS[source]
    assert isinstance(law, Windows)
    n = 200_000
    keys = cpu.draw(build_sampler(law, 1), n * law.length, stream())
    chances = [np.prod(p[list(word)]) for word in product(range(len(p)), repeat=law.length)]
    apart = np.bincount(keys[:: law.length].astype(np.int64), minlength=len(chances))
    assert stats.check(f"words of {source}", z_of_counts(apart, n * np.array(chances)))
    other = p + 0.01 * np.where(np.arange(len(p)) == 0, 1, -1 / (len(p) - 1))
    wrong = [np.prod(other[list(word)]) for word in product(range(len(p)), repeat=law.length)]
    assert z_of_counts(apart, n * np.array(wrong)) > stats.LIMIT


def test_windows_that_overlap_are_no_independent_draws():
    """A control: how often a window follows another, which only those with a common part can."""
    keys = cpu.draw(build_sampler(parse_source("windows:alphabet=2,length=2"), 1), 4000, stream()).tolist()
    pairs = Counter(pairwise(keys))
    assert all(first % 2 == second // 2 for first, second in pairs)
    observed = np.array([pairs[first, second] for first in range(4) for second in range(4)])
    assert z_of_counts(observed, np.full(16, 3999 / 16)) > stats.LIMIT


# Skills with masses of their own: a skill, then one of its members


def z_of_members(order: MassOrder, exponent: float, n: int) -> float:
    """Every member of every skill: its skill by mass, then each as often as the others."""
    n_skills, members = int(order.skills.parsed.n_types), order.members
    mass = np.arange(1, n_skills + 1) ** -exponent
    expected = np.repeat(n * mass / mass.sum() / members, members)
    return z_of_counts(np.bincount(order.keys(0, n).astype(np.int64), minlength=n_skills * members), expected)


def test_skills_are_drawn_by_mass_and_their_members_alike():
    n, exponent = 200_000, 1.3
    order = lay_out(SkillPlan(n_skills=20, members=7, exponent=exponent, n_draws=(n,), seed=SEED)).order(2)
    assert isinstance(order, MassOrder)
    assert stats.check("skills and members", z_of_members(order, exponent, n))
    assert z_of_members(order, 1.02 * exponent, n) > stats.LIMIT
    # A member chosen by the random number that chose the skill: then a skill has favourites.
    alike = replace(order, choice=replace(order.choice, stream=order.skills.stream))
    assert z_of_members(alike, exponent, n) > stats.LIMIT


def test_members_are_chosen_by_the_draw_of_their_own_stream():
    """From the definition: the high half of (random bits) × m, the position being that of the draw."""
    order = lay_out(SkillPlan(n_skills=20, members=7, n_draws=(1000,), seed=SEED)).order(2)
    assert isinstance(order, MassOrder)
    own = order.choice.stream
    assert own.purpose == "skills"
    bits = [random_bits(np.uint64(own.seed), np.uint64(own.high), np.uint64(i)) for i in range(300, 340)]
    expected = [int(multiply_high(value, np.uint64(7))) for value in bits]
    assert (order.keys(300, 40) % np.uint64(7)).tolist() == expected
