"""What is called by a key in commands, and no formula: loss laws, inversions, accelerators and sources."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any

from bounds.base.arguments import in_any_case
from bounds.base.one_number import number, shown
from bounds.base.sources import EXAMPLES, parse_source
from bounds.efficiency.inversions import INVERSIONS
from bounds.laws.kaplan import KaplanLaw
from bounds.laws.law_range import range_text
from bounds.laws.loss_law import LossLaw
from bounds.laws.overtraining import OVERTRAINING_LAWS, OvertrainingLaw
from bounds.laws.published import LAWS
from bounds.laws.repeated_data import FORMULAS as REPEATED_FORMULAS
from bounds.laws.repeated_data import REPEATED_DATA_LAWS, RepeatedDataLaw
from bounds.planning.hardware import ACCELERATORS, Accelerator

_EXAMPLES = {example.partition(":")[0]: example for example in reversed(EXAMPLES)}
_OF_KIND = {
    "uniform": (".uniform",), "zipf": (".zipf", ".zipf_"), "pitman-yor": (".pitman_yor", "pitman_yor_"),
    "geometric": (".geometric",), "growing": (".growing",), "santa-fe": (".santa_fe", "santa_fe_"),
    "windows": (".windows", ".repeating_", "_windows", "_probability.compound", "_probability.unbordered",
                "_probability.generating"),
    "mixture": (".mixture",),
}  # fmt: skip
"""What names of formulas hold that are about a kind of source."""
_BAND = ("exponent_lower", "exponent_upper", "growth_factor", "unique_lower_slow", "unique_upper_fast")
_OF_INVERSIONS = "python -m bounds band D --inversion"


@dataclass(frozen=True)
class Named:
    """What is to be said of a key: a sentence, heads with a text each, and what the names of its formulas hold."""

    answer: str
    items: tuple[tuple[str, str], ...]
    formulas: tuple[str, ...] = ()
    of: tuple[str, ...] = ()

    def uses(self, name: str, public_name: str) -> bool:
        """Whether a formula, by its name and that of the function that evaluates it, is one of this key."""
        return name in self.formulas or public_name.partition(".")[0] in self.of or any(
            part in name for part in self.of if not part.isalnum()
        )  # fmt: skip


def keys() -> list[str]:
    """All keys that `named` knows."""
    return [*LAWS, *OVERTRAINING_LAWS, *REPEATED_DATA_LAWS, *INVERSIONS, *ACCELERATORS, *_EXAMPLES, "corpus"]


def named(name: str) -> Named | None:
    """What `name` is, where it is a key or a string such as zipf:1.724; None where it is not.

    Raises ValueError for a string that begins as a source does and is none.
    """
    name = in_any_case(name, (*LAWS, *OVERTRAINING_LAWS, *REPEATED_DATA_LAWS, *INVERSIONS)) or name
    if name in LAWS:
        law = LAWS[name]
        return _kaplan(law) if isinstance(law, KaplanLaw) else _loss_law(law)
    if name in OVERTRAINING_LAWS:
        return _overtraining(OVERTRAINING_LAWS[name])
    if name in REPEATED_DATA_LAWS:
        return _repeated(REPEATED_DATA_LAWS[name])
    if name in INVERSIONS:
        return _inversion(name)
    if name.lower() in ACCELERATORS:
        return _accelerator(ACCELERATORS[name.lower()])
    kind, colon, _ = name.lower().partition(":")
    return _source(kind, name if colon else "") if kind in (*_EXAMPLES, "corpus") else None


def _loss_law(law: LossLaw) -> Named:
    answer = f"{law.key} is a loss law, L(N, D) = E + A N^-alpha + B D^-beta in nats per token: empirical."
    letters = {
        "E": ("irreducible", "nats per token"), "A": ("param_coefficient", "nats per token"),
        "alpha": ("param_exponent", "1"), "B": ("data_coefficient", "nats per token"), "beta": ("data_exponent", "1"),
    }  # fmt: skip
    return Named(answer, (*_constants(law, letters), *_runs(law)), _BAND, ("LossLaw",))


def _kaplan(law: KaplanLaw) -> Named:
    answer = (
        f"{law.key} is a loss law without an irreducible loss, L(N) = (N_c/N)^alpha_N and L(D) = (D_c/D)^alpha_D in "
        "nats per token: empirical. Bounds take its exponents only."
    )
    letters = {
        "N_c": ("param_scale", "parameters"), "alpha_N": ("param_exponent", "1"), "D_c": ("data_scale", "tokens"),
        "alpha_D": ("data_exponent", "1"), "C_c": ("compute_scale", "PF-days"), "alpha_C": ("compute_exponent", "1"),
        "N_e": ("optimal_params_scale", "parameters"), "p_N": ("optimal_params_exponent", "1"),
        "D_e": ("optimal_tokens_scale", "tokens"), "p_D": ("optimal_tokens_exponent", "1"),
    }  # fmt: skip
    joint = ", ".join(number(value, 6) for value in law.joint)
    items = (("joint", f"N_c, alpha_N, D_c, alpha_D of L(N, D): {joint}"),)
    return Named(answer, (*_constants(law, letters), *items, *_runs(law)), _BAND[:3], ("KaplanLaw",))


def _overtraining(law: OvertrainingLaw) -> Named:
    answer = (
        f"{law.key} is a law of over-training, L(C, M) = E + (a M^eta + b M^-eta) C^-eta in nats per token, for models "
        f"trained on {law.training_set} at M = D/N tokens a parameter: empirical."
    )
    letters = {
        "E": ("irreducible", "nats per token"), "a": ("param_coefficient", "nats per token"),
        "b": ("data_coefficient", "nats per token"), "eta": ("exponent", "1"),
    }  # fmt: skip
    error = law.error_law
    more = [("evaluated on", law.evaluation), ("N counts", f"{law.params_counted} parameters")]
    if error is not None:
        ceiling, size, rate = (number(value, 6) for value in (error.ceiling, error.size, error.rate))
        more.append(("top-1 error", f"{ceiling} - {size} e^(-{rate} L), mean of {error.tasks}"))
    more += [("fitted at", range_text(law.fitted_ratio, "tokens a parameter")), ("source", law.citation)]
    return Named(answer, (*_constants(law, letters), *more, *_note(law)), (), ("OvertrainingLaw", "DownstreamErrorLaw"))


def _repeated(law: RepeatedDataLaw) -> Named:
    answer = (
        f"{law.key} is a law of repeated data: the loss of a single epoch at N' and D', what N parameters and D tokens "
        "from U distinct ones are worth: empirical."
    )
    letters = {"R*_D": ("token_decay", "1, repetitions D/U - 1"), "R*_N": ("param_decay", "1, excess N/U_N - 1")}
    of = law.law
    single = ", ".join(f"{name} = {number(value, 6)}" for name, value in of.constants._asdict().items())
    more = (
        ("single epoch", f"{single}, nats per token"), ("runs", REPEATED_FORMULAS[0].assumption),
        ("source", law.citation),
    )  # fmt: skip
    formulas = ("effective_tokens", "effective_params", "repeated_token_value")
    return Named(answer, (*_constants(law, letters), *more, *_note(law)), formulas, ("RepeatedDataLaw",))


def _inversion(name: str) -> Named:
    one = INVERSIONS[name]
    default = ", the default" if name in ("slow", "fast") else ""
    answer = (
        f"{name} is an inversion{default}: from the excess loss of a learner to the {one.end} end of a bound on "
        f"distinct sequences U, by {one.formula.name}: {one.formula.label}."
    )
    items = (
        ("statement", one.formula.plain), ("assumption", one.formula.assumption), ("unit", one.formula.unit),
        ("equation", one.formula.equation), ("source", one.formula.source),
        ("asked for by", f"{_OF_INVERSIONS} {name}"),
    )  # fmt: skip
    return Named(answer, items, (one.formula.name,))


def _accelerator(device: Accelerator) -> Named:
    peaks = ", ".join(f"{number(peak / 1e12, 5)} TFLOP/s at {precision}" for precision, peak in device.peaks)
    answer = f"{device.key} is an accelerator, {device.name}: {peaks}, dense products, at most."
    items = (
        ("source", device.source),
        ("model FLOP", "hours x 3600 s x peak x MFU, which a plan spends as 6 N D"),
        ("asked for by", f"python -m bounds plan --gpu-hours 1e6 --gpu {device.key} --mfu 40%"),
    )
    return Named(answer, items, ("training_flops",))


def _source(kind: str, text: str) -> Named:
    if kind == "corpus":
        how = (("written", "corpus:novels.txt,unit=word,length=2"), ("read by", "python -m simulate --source"))
        return Named("corpus is a source of sequences: the windows of a text in its order, of which no law is known.",
                     how)  # fmt: skip
    source = parse_source(text or _EXAMPLES[kind])
    law = type(source)
    words = " ".join((law.__doc__ or "").split("\n\n")[0].split()).rstrip(".")
    answer = f"{text or kind} is a source of sequences. {words}."
    if text:
        limit = source.limit_exponent
        answer += (
            f" U(D) grows as D^{number(limit, 4)} in the limit." if limit else " U(D) grows as no power in the limit."
        )
    items = [("arguments", _arguments(law)), ("written", text or _EXAMPLES[kind])]
    items += [("types", "unlimited" if source.n_types == float("inf") else number(source.n_types, 6))] if text else []
    items += [("in Python", f"bounds.{law.__name__}; bounds.parse_source reads the string")]
    return Named(answer, tuple(items), (), _OF_KIND[kind])


def _arguments(law: Any) -> str:
    parts = [
        field.name if field.default is MISSING else f"{field.name} [{shown(field.default)}]" for field in fields(law)
    ]
    return ", ".join(parts)


def _constants(law: Any, letters: Mapping[str, tuple[str, str]]) -> Iterable[tuple[str, str]]:
    """Each constant with its unit, and with its standard error where one was printed."""
    errors = dict(getattr(law, "standard_errors", ()))
    for letter, (field, unit) in letters.items():
        error = f" ± {number(errors[field], 6)} (standard error)" if field in errors else ""
        yield letter, f"{number(getattr(law, field), 8)}{error} [{unit}]"


def _runs(law: LossLaw) -> list[tuple[str, str]]:
    return [
        ("N counts", f"{law.params_counted} parameters"),
        ("fitted on", f"{range_text(law.fitted_tokens, 'tokens')}, {range_text(law.fitted_params, 'parameters')}"),
        ("source", law.citation),
        *_note(law),
        ("asked for by", f"python -m bounds laws {law.key}, --law {law.key} elsewhere"),
    ]


def _note(law: Any) -> list[tuple[str, str]]:
    return [("note", re.sub(r"\s+", " ", law.note))] if law.note else []
