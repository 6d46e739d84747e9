"""The learners: what each is called, which sources it fits, and its excess loss given one drawn corpus.

| learner                        | excess loss                                                  | unit               |
|--------------------------------|--------------------------------------------------------------|--------------------|
| ``memoriser``                  | ln A · probability of facts not seen: Bayes on a Santa Fe process | nats per token |
| ``add-constant:BETA``          | KL(P ‖ (N + β)/(D + Vβ)), V types known (Laplace 1, KT 1/2)  | nats per sequence  |
| ``good-turing``                | KL of what the next draw is, a sequence seen before or "new" | nats per sequence  |
| ``pitman-yor:D,concentration=``| the same, of the predictor (N - d)/(θ + n), (θ + dU)/(θ + n) | nats per sequence  |
| ``store:N,by=,cost=``          | c · probability of what is not stored                        | nats per sequence  |
| ``margin:A``                   | error of a majority vote above that of the better label      | top-1 error        |

`measure` takes a corpus (`simulate.studies.learners.corpora.SeenCorpus`) and gives a `Measured`: the loss *given* that
corpus, in which the law leaves nothing to chance, and the loss on test draws, which have nothing to do with the corpus.
The first is NaN where no law is known; then the second is the loss on the next draws. `expected` is what theory says of
the mean over corpora, with its label. `implied_exponent` is the growth γ of the sequences that the learner reads off
the exponent β of a loss curve. Nothing heavy is loaded until a learner is asked to measure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol, TypeAlias

from bounds.base.arguments import did_you_mean
from bounds.base.one_number import number_between, shortest, shown, whole_number
from bounds.base.sources import GrowingUniform, Mixture, PitmanYor, SantaFe, Source, Uniform, Windows, Zipf

if TYPE_CHECKING:
    from simulate.studies.learners.corpora import SeenCorpus
    from simulate.text.source import CorpusSource

NATS = "nats per sequence"
TOP1 = "top-1 error"
NOVELTY_COST = math.log(2)
"""As `bounds.efficiency.inversions.NOVELTY_COST`: nats that an unknown sequence costs; the two labels of a fact."""

AnySource: TypeAlias = "Source | CorpusSource"


class Measured(NamedTuple):
    """Excess loss given the corpus, and on test draws; NaN where there is none."""

    exact: float
    tested: float


class Expected(NamedTuple):
    """Theory for the mean loss at each size: values, a label of `bounds.base.intervals`, and whether it is = or >=."""

    values: Any
    label: str
    relation: str


class Learner(Protocol):
    """One way to learn from a corpus."""

    unit: ClassVar[str]
    is_excess_on_text: ClassVar[bool]
    """Whether its loss on a text is an excess, above knowing all, rather than a loss of unknown entropy."""

    @property
    def default_source(self) -> str:
        """The source on which it is measured where none is named."""

    def refusal(self, source: AnySource) -> str | None:
        """Why it cannot learn from `source`, as the end of a sentence; None where it can."""

    def measure(self, corpus: SeenCorpus) -> Measured:
        """Excess loss given the corpus, and on its test draws."""

    def expected(self, source: AnySource, n_draws: Sequence[int]) -> Expected | None:
        """What theory says of the mean excess loss; None where it says nothing."""

    def implied_exponent(self, beta: Any) -> Any:
        """γ of U ~ D^γ for a loss that falls as D^-β."""


def _log_loss_exponent(self: Learner, beta: Any) -> Any:
    """1 - β."""
    from bounds.efficiency.band import bernstein_exponent

    return bernstein_exponent(beta, 1)


@dataclass(frozen=True)
class Memoriser:
    """Bayes' rule on a Santa Fe process: knows the law of the facts, and the labels of those it has seen."""

    unit: ClassVar[str] = "nats per token"
    is_excess_on_text: ClassVar[bool] = True
    default_source: ClassVar[str] = "santa-fe:1.3889,labels=2"

    def __str__(self) -> str:
        return "memoriser"

    def refusal(self, source: AnySource) -> str | None:
        """Facts with labels are needed; a window of text counts as one with two labels."""
        if isinstance(source, SantaFe) or _is_text(source):
            return None
        return "its facts have no labels; take a Santa Fe process such as santa-fe:1.3889,labels=2, or learner store"

    def measure(self, corpus: SeenCorpus) -> Measured:
        """ln A times the mass not seen; and, on test draws, the loss of each label that is really drawn."""
        from simulate.studies.learners.predictors import memoriser_loss

        return Measured(*memoriser_loss(corpus))

    def expected(self, source: AnySource, n_draws: Sequence[int]) -> Expected | None:
        """ln A · E M0(D), exact."""
        import bounds

        if _is_text(source):
            return None
        return Expected(bounds.laws.excess_loss(source, list(n_draws)), "rigorous", "=")

    implied_exponent = _log_loss_exponent


@dataclass(frozen=True)
class AddConstant:
    """Counts with `added` on each of the V types, which it knows."""

    added: float
    unit: ClassVar[str] = NATS
    is_excess_on_text: ClassVar[bool] = False
    default_source: ClassVar[str] = "growing:0.72"

    def __post_init__(self) -> None:
        object.__setattr__(self, "added", number_between("the constant of add-constant", self.added, low=0))

    def __str__(self) -> str:
        return f"add-constant:{shortest(self.added)}"

    def refusal(self, source: AnySource) -> str | None:
        """Finitely many types are needed, drawn independently from a known law."""
        finite = isinstance(source, GrowingUniform) or (isinstance(source, Source) and source.n_types < math.inf)
        if finite and _independent(source):
            return None
        return "it needs a known law on finitely many types; take zipf:1.1,types=1e4, growing:0.72 or uniform:1e4"

    def measure(self, corpus: SeenCorpus) -> Measured:
        """KL(P ‖ q) over all types, and ln p/q averaged over test draws."""
        from simulate.studies.learners.predictors import add_constant_loss

        return Measured(*add_constant_loss(corpus, self.added))

    def expected(self, source: AnySource, n_draws: Sequence[int]) -> Expected | None:
        """The expected forward KL, exact."""
        import bounds

        values = [
            float(bounds.divergence.forward_kl_add_constant(_at(source, n), n, added=self.added)) for n in n_draws
        ]
        return Expected(values, "rigorous", "=")

    implied_exponent = _log_loss_exponent


class _Counting:
    """What Good–Turing and Pitman–Yor predictors share: the outcome is a sequence seen before, or "new"."""

    unit: ClassVar[str] = NATS
    is_excess_on_text: ClassVar[bool] = False
    default_source: ClassVar[str] = "zipf:1.3889"

    def refusal(self, source: AnySource) -> str | None:
        """A known law of independent draws is needed, or a text whose next windows are predicted."""
        if _is_text(source) or _independent(source):
            return None
        return "it needs independent draws of a known law, or a corpus:; take zipf:1.3889 instead"

    implied_exponent = _log_loss_exponent


@dataclass(frozen=True)
class GoodTuring(_Counting):
    """Good and Turing's estimate as Orlitsky & Suresh (2015, arXiv:1503.07940) make it usable."""

    def __str__(self) -> str:
        return "good-turing"

    def measure(self, corpus: SeenCorpus) -> Measured:
        """KL of the pattern: seen before and which, or new."""
        from simulate.studies.learners.predictors import good_turing_weights, pattern_loss_of

        return Measured(*pattern_loss_of(corpus, *good_turing_weights(corpus.counts)))

    def expected(self, source: AnySource, n_draws: Sequence[int]) -> Expected | None:
        """K(s, 1/s) E U/D on an unlimited Zipf law: asymptotic, and reached slowly."""
        return _pattern_expected(source, n_draws, None)


@dataclass(frozen=True)
class PitmanYorPredictor(_Counting):
    """The predictive law of a Pitman–Yor process with this discount and concentration."""

    discount: float
    concentration: float = 0.0

    def __post_init__(self) -> None:
        law = PitmanYor(self.discount, self.concentration)
        object.__setattr__(self, "discount", law.discount)
        object.__setattr__(self, "concentration", law.concentration)

    def __str__(self) -> str:
        return str(PitmanYor(self.discount, self.concentration))

    def measure(self, corpus: SeenCorpus) -> Measured:
        """KL of the pattern: seen before and which, or new."""
        from simulate.studies.learners.predictors import pattern_loss_of, pitman_yor_weights

        return Measured(*pattern_loss_of(corpus, *pitman_yor_weights(corpus, self.discount, self.concentration)))

    def expected(self, source: AnySource, n_draws: Sequence[int]) -> Expected | None:
        """K(s, d) E U/D on an unlimited Zipf law: asymptotic."""
        return _pattern_expected(source, n_draws, self.discount)


@dataclass(frozen=True)
class Store:
    """Keeps `n_stored` of the sequences it has seen (all where None), and pays `cost` nats for any other.

    By count: those seen most often, of equals those seen first. By rank: its places are reserved for the most probable
    sequences, whether they have been seen or not (`bounds.capacity_loss`); that one knows the true order of the law.
    """

    n_stored: int | None = None
    by: str = "count"
    cost: float = NOVELTY_COST
    unit: ClassVar[str] = NATS
    is_excess_on_text: ClassVar[bool] = True
    default_source: ClassVar[str] = "zipf:1.3889"

    def __post_init__(self) -> None:
        if self.n_stored is not None:
            object.__setattr__(self, "n_stored", whole_number("places of a store", self.n_stored, 2**62, "2^62"))
        if self.by not in ("count", "rank"):
            hint = did_you_mean(self.by, ("count", "rank")) or "; write store:1000 or store:1000,by=rank"
            raise ValueError(f"by must be count or rank, got {shown(self.by)}{hint}")
        if self.by == "rank" and self.n_stored is None:
            raise ValueError("a store by rank needs its number of places, such as store:1000,by=rank")
        object.__setattr__(self, "cost", number_between("cost of a store", self.cost, low=0))

    def __str__(self) -> str:
        places = "" if self.n_stored is None else f":{self.n_stored}"
        options = [f"by={self.by}"] * (self.by != "count")
        options += [f"cost={shortest(self.cost)}"] * (self.cost != NOVELTY_COST)
        return "store" + places + ("," if places else ":") * bool(options) + ",".join(options)

    def refusal(self, source: AnySource) -> str | None:
        """A known law is needed to know what a store misses, or a text; ranks need a law with an order."""
        if self.by == "rank":
            if isinstance(source, SantaFe) or (_independent(source) and not isinstance(source, Mixture)):
                return None
            return "its places go by the ranks of a uniform, zipf, geometric or santa-fe law; leave out by=rank"
        if _is_text(source) or isinstance(source, SantaFe) or _independent(source):
            return None
        return "the probabilities of what it misses are unknown; take zipf:1.3889 instead"

    def measure(self, corpus: SeenCorpus) -> Measured:
        """c times the mass that is not stored; and c times the share of test draws."""
        from simulate.studies.learners.stores import store_loss

        return Measured(*store_loss(corpus, self.n_stored, self.by, self.cost))

    def expected(self, source: AnySource, n_draws: Sequence[int]) -> Expected | None:
        """By rank `capacity_loss`, exact; without limit c E M0; by count the lower of `capacity_loss_bounds`."""
        from simulate.studies.learners.stores import expected_loss

        if _is_text(source):
            return None
        laws = [_at(source, n) for n in n_draws]
        return Expected(*expected_loss(laws, list(n_draws), self.n_stored, self.by, self.cost))

    implied_exponent = _log_loss_exponent


@dataclass(frozen=True)
class Margin:
    """A majority vote in each context, whose better label has probability (1 + h)/2 with P(h < t) = t^a."""

    exponent: float
    unit: ClassVar[str] = TOP1
    is_excess_on_text: ClassVar[bool] = False

    def __post_init__(self) -> None:
        text = "above 0 and at most 100; 1 means margins that are uniform on [0, 1]"
        exponent = number_between("margin exponent", self.exponent, low=0, high=100, high_open=False, text=text)
        object.__setattr__(self, "exponent", exponent)

    def __str__(self) -> str:
        return f"margin:{shortest(self.exponent)}"

    @property
    def default_source(self) -> str:
        """Growing as it would for β = 0.28, to a multiple of 0.02: D^0.72 at a = 1, D^0.58 at 1/3, D^0.44 near 0."""
        return f"growing:{round(50 * (1 - 0.56 / (1 + self.exponent))) / 50:g}"

    def refusal(self, source: AnySource) -> str | None:
        """Equally likely contexts are needed."""
        if isinstance(source, Uniform | GrowingUniform):
            return None
        return (
            "its contexts are equally likely, growing:0.58 or uniform:1000; on a fixed Zipf corpus those not yet seen "
            "dominate, and γ = 1 - β whatever the margins"
        )

    def measure(self, corpus: SeenCorpus) -> Measured:
        """Σ h/V over contexts whose vote is wrong, half of it for ties; and errors counted on test draws."""
        from simulate.studies.learners.votes import vote_loss

        return Measured(*vote_loss(corpus, self.exponent))

    def expected(self, source: AnySource, n_draws: Sequence[int]) -> Expected | None:
        """The exact mean for Poisson counts of mean D/V; with D draws in all it is less by a share of about 1/D."""
        import bounds

        per_context = [n / _at(source, n).n_types for n in n_draws]
        return Expected(bounds.efficiency.top1_excess(per_context, self.exponent), "rigorous", "=")

    def implied_exponent(self, beta: Any) -> Any:
        """1 - 2β/(1 + a)."""
        from bounds.efficiency.margin import top1_growth_exponent

        return top1_growth_exponent(beta, self.exponent)


def _at(source: AnySource, n_draws: int) -> Source:
    """The law of a corpus of `n_draws` draws."""
    assert isinstance(source, Source)
    if isinstance(source, GrowingUniform):
        return source.at(n_draws)
    return source.facts if isinstance(source, SantaFe) else source


def _is_text(source: AnySource) -> bool:
    return not isinstance(source, Source)


def _independent(source: AnySource) -> bool:
    """Whether draws are independent and their law is known."""
    return isinstance(source, Source) and not isinstance(source, PitmanYor | Windows | SantaFe)


def _pattern_expected(source: AnySource, n_draws: Sequence[int], discount: float | None) -> Expected | None:
    import bounds

    if not isinstance(source, Zipf) or source.types is not None:
        return None
    return Expected(bounds.divergence.pattern_loss(source, list(n_draws), discount=discount), "asymptotic", "=")
