"""The statements of `bounds.capacity.capacity` and `.capacity_law`: what a store holds, and the loss it leaves."""

from __future__ import annotations

from typing import Any

from bounds.base.formula import OWN, Formula, Letter
from bounds.base.intervals import ASYMPTOTIC, HEURISTIC, RIGOROUS

STORE = Letter("n", "number of sequences that the model stores", "sequences", assumptions=("nonnegative",))
_COST = Letter("c", "loss of a sequence that is not both stored and seen, above that of one that is", "nats")
_IRREDUCIBLE = Letter("E", "irreducible loss", "nats per sequence", assumptions=("real",))
_BITS = Letter("kappa", "bits that one parameter holds", "bits per parameter", r"\kappa")
_LENGTH = Letter("b", "bits that one sequence takes", "bits per sequence")
_OWN = (STORE, _COST, _IRREDUCIBLE)

ORDERED = (
    "the store holds the n most probable sequences; draws are independent; a sequence that is not both stored and "
    "seen costs c more"
)
SEPARATE = (
    "n and D are far from n = (C D)^(1/s), on one side or the other; near it, and so at the optimum of a compute "
    "budget, the sum exceeds the model's own loss above E by up to 98 % (s = 1.02), 80 % (1.34), 70 % (1.724), 52 % (6)"
)
_MICHAUD = "own derivation; exponents as in Michaud et al. 2023, arXiv:2303.13506"
_PHYSICS = "Allen-Zhu and Li 2024, arXiv:2404.05405 (2 bits per parameter)"

_ZETA = "Zeta(s, 1 + q)"
_TAIL = f"Zeta(s, n + 1 + q)/{_ZETA}"
_P = f"((r + q)**-s/{_ZETA})"
_UNSEEN = f"Sum({_P}*(1 - {_P})**D, (r, 1, oo))"


def _formula(name: str, quantity: str, text: str, arguments: tuple[str, ...], equation: str, **more: Any) -> Formula:
    given: dict[str, Any] = {"label": RIGOROUS, "assumption": ORDERED, "source": OWN, "own": _OWN}
    return Formula(name=name, quantity=quantity, text=text, arguments=arguments, equation=equation, **given | more)


_STORES = (
    _formula(
        "stored_sequences", "n", "floor(N/nu)", ("N", "nu"), "C1", unit="sequences", label=HEURISTIC,
        assumption="the model stores each sequence once, in nu parameters", example=(7e10, 1.0),
    ),
    _formula(
        "stored_sequences.bits", "n", "floor(kappa*N/b)", ("N", "kappa", "b"), "C1", unit="sequences",
        label=HEURISTIC, assumption="parameters hold kappa bits each, all spent on sequences of b bits",
        source=_PHYSICS, own=(_BITS, _LENGTH), call="bounds.stored_sequences(7e10, bits_per_sequence=100)",
    ),
    _formula(
        "params_to_store", "N", "nu*n", ("n", "nu"), "C1", unit="parameters", label=HEURISTIC,
        assumption="the model stores each sequence once, in nu parameters", example=(1e9, 1.0),
    ),
    _formula(
        "params_to_store.bits", "N", "b*n/kappa", ("n", "kappa", "b"), "C1", unit="parameters", label=HEURISTIC,
        assumption="parameters hold kappa bits each, all spent on sequences of b bits", source=_PHYSICS,
        own=(STORE, _BITS, _LENGTH), call="bounds.params_to_store(1e9, bits_per_sequence=100)",
    ),
)  # fmt: skip

_MASSES = (
    _formula(
        "tail_mass.zipf", "T(n)", _TAIL, ("s", "q", "n"), "C1",
        assumption="the store holds the n most probable sequences", call="bounds.capacity.tail_mass('zipf:1.724', 1e6)",
    ),
    _formula(
        "tail_mass.zipf_finite", "T(n)",
        f"(Zeta(s, n + 1 + q) - Zeta(s, V + 1 + q))/({_ZETA} - Zeta(s, V + 1 + q))", ("s", "q", "V", "n"), "C1",
        assumption="the store holds the n most probable of V sequences; s is not 1, where zetas are digammas",
        call="bounds.capacity.tail_mass('zipf:1.1,types=1e9', 1e6)",
    ),
    _formula(
        "tail_mass.uniform", "T(n)", "(V - n)/V", ("V", "n"), "C1",
        assumption="the store holds n of V equally likely sequences, n <= V", example=(1000, 400),
    ),
    _formula(
        "tail_mass.geometric", "T(n)", "exp(n*log(rho))", ("rho", "n"), "C1",
        assumption="the store holds the n most probable sequences", example=(0.9, 50),
    ),
    _formula(
        "tail_mass.zipf_limit", "T(n)", f"(n + q + 1/2)**(1 - s)/((s - 1)*{_ZETA})", ("s", "q", "n"), "C3",
        label=ASYMPTOTIC,
        assumption="n + q is large: relative error s(s-1)/(24 (n+q+1/2)^2); without the shift q + 1/2, as in C3, it "
        "is (s-1)(q+1/2)/n",
        example=(1.724, 0, 1000),
    ),
)  # fmt: skip

_LOSSES = (
    _formula(
        "capacity_loss", "L(n, D)", f"E + c*({_TAIL} + Sum({_P}*(1 - {_P})**D, (r, 1, n)))",
        ("s", "q", "n", "D", "c", "E"), "C2", unit="nats per sequence",
        call="bounds.capacity_loss('zipf:1.724', 1000, 1e5, novelty_cost=2.0, irreducible=1.69)",
    ),
    _formula(
        "capacity_loss_bounds.lower", "L(n, D)", f"E + c*Max({_TAIL}, {_UNSEEN})", ("s", "q", "n", "D", "c", "E"),
        "C2", unit="nats per sequence", relation=">=",
        call="bounds.capacity.capacity_loss_bounds('zipf:1.724', 1000, 1e5, novelty_cost=2.0, irreducible=1.69).lower",
    ),
    _formula(
        "capacity_loss_bounds.upper", "L(n, D)", f"E + c*Min(1, {_TAIL} + {_UNSEEN})", ("s", "q", "n", "D", "c", "E"),
        "C2", unit="nats per sequence", relation="<=",
        call="bounds.capacity.capacity_loss_bounds('zipf:1.724', 1000, 1e5, novelty_cost=2.0, irreducible=1.69).upper",
    ),
)  # fmt: skip


def _limit(name: str, quantity: str, text: str, arguments: tuple[str, ...], **more: Any) -> Formula:
    given: dict[str, Any] = {"label": ASYMPTOTIC, "assumption": f"{ORDERED}; {SEPARATE}", "source": _MICHAUD}
    return _formula(f"loss_law_of.{name}", quantity, text, arguments, "C3", of="loss_law_of", **given | more)


_LIMITS = (
    _limit("param_exponent", r"\alpha_N", "s - 1", ("s",), example=(1.724,)),
    _limit("data_exponent", r"\beta", "1 - 1/s", ("s",), example=(1.724,)),
    _limit(
        "param_coefficient", "A", f"c*nu**(s - 1)/((s - 1)*{_ZETA})", ("s", "q", "c", "nu"),
        unit="nats per sequence", example=(1.724, 0.0, 2.0, 1.0),
    ),
    _limit(
        "data_coefficient", "B", f"c*Gamma(1 - 1/s)/s*{_ZETA}**(-1/s)", ("s", "q", "c"),
        unit="nats per sequence", example=(1.724, 0.0, 2.0),
    ),
)  # fmt: skip


def _implied(name: str, quantity: str, text: str, arguments: tuple[str, ...], example: tuple[float, ...]) -> Formula:
    return _formula(
        f"consistency.{name}", quantity, text, arguments, "C3, C4", label=ASYMPTOTIC, source=_MICHAUD,
        assumption="the loss law is the limit C3 of a frequency-ordered store of sequences that follow Zipf's law",
        example=example,
    )  # fmt: skip


_CHECKS = (
    _implied("zipf_from_params", "s", "1 + alpha", ("alpha",), (0.34,)),
    _implied("zipf_from_data", "s", "1/(1 - beta)", ("beta",), (0.28,)),
    _implied("growth_from_params", r"\gamma", "1/(1 + alpha)", ("alpha",), (0.34,)),
    _implied("growth_from_data", r"\gamma", "1 - beta", ("beta",), (0.28,)),
    _implied("growth_from_ratio", r"\gamma", "beta/alpha", ("alpha", "beta"), (0.34, 0.28)),
)

FORMULAS: tuple[Formula, ...] = (*_STORES, *_MASSES, *_LOSSES, *_LIMITS, *_CHECKS)
