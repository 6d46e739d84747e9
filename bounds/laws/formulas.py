"""The statements behind `bounds.laws.published`, one `Formula` per method of a loss law.

The optimal allocations follow from the loss by minimising it at fixed compute C = 6ND: there α A N^-α = β B D^-β.
"""

from __future__ import annotations

from typing import Any

from bounds.base.formula import OWN, Formula, Letter
from bounds.base.intervals import EMPIRICAL, GIVEN, HEURISTIC

HOFFMANN = "Hoffmann et al. 2022, arXiv:2203.15556"
EPOCH = "Besiroglu et al. 2024 (Epoch AI), arXiv:2404.10102"
KAPLAN = "Kaplan et al. 2020, arXiv:2001.08361"
_GADRE = "Gadre et al. 2024, arXiv:2403.08540"

_N = Letter("N", "parameters of the model, counted as the law counts them", "parameters")
_D = Letter("D", "training tokens, each seen once", "tokens")
_M = Letter("M", "training tokens per parameter, D/N", "tokens per parameter")
_L = Letter("L", "loss to be reached", "nats per token")
_T = Letter("T", "model term A*N**(-alpha) at the optimum of C", "nats per token")
_U = Letter("u", "ln of tokens per parameter over their optimum", "1", "u", ("real",))

_HOLDS = "the loss law holds and C = 6ND"
_RUNS = "the form and its constants were fitted to runs"
_LOSS = ("E", "A", "alpha", "B", "beta")
_TERMS = ("A", "alpha", "B", "beta")
_CHINCHILLA = (406.4, 0.34, 410.7, 0.28)

_BALANCE = "(alpha*A/(beta*B))"
_TERM_AT_OPTIMUM = f"A*{_BALANCE}**(-alpha/(alpha + beta))*(C/6)**(-alpha*beta/(alpha + beta))"
_RATIO = "(beta*B/(alpha*A))**(2/(alpha + beta))*(C/6)**((alpha - beta)/(alpha + beta))"


def _formula(name: str, quantity: str, text: str, arguments: tuple[str, ...], method: str, **more: Any) -> Formula:
    given: dict[str, Any] = {"label": GIVEN, "assumption": _HOLDS, "source": OWN, "equation": "C4"} | more
    return Formula(name, quantity, text, arguments, own=(_N, _D, _M, _L, _T, _U), of=f"LossLaw.{method}", **given)


_LAW = (
    _formula(
        "loss", "L", "E + A*N**(-alpha) + B*D**(-beta)", (*_LOSS, "N", "D"), "loss", label=EMPIRICAL,
        assumption=f"{_RUNS}; D in tokens, N total parameters", source=HOFFMANN, equation="eq. 2",
        unit="nats per token", example=(1.69, *_CHINCHILLA, 70e9, 1.4e12),
    ),
    _formula(
        "law_excess", r"\varepsilon(D)", "B*D**(-beta)", ("B", "beta", "D"), "excess", label=EMPIRICAL,
        assumption=f"{_RUNS}; the model is unlimited", source=HOFFMANN, equation="eq. 2; B7",
        unit="nats per token", example=(410.7, 0.28, 1e12),
    ),
    _formula(
        "optimal_params", r"N_{\mathrm{opt}}(C)", f"{_BALANCE}**(1/(alpha + beta))*(C/6)**(beta/(alpha + beta))",
        (*_TERMS, "C"), "optimal", assumption=f"{_HOLDS}; the minimum of L over N at fixed C", source=HOFFMANN,
        equation="eq. 4; C4", unit="parameters", example=(*_CHINCHILLA, 5.76e23),
    ),
    _formula(
        "optimal_tokens", r"D_{\mathrm{opt}}(C)",
        "(beta*B/(alpha*A))**(1/(alpha + beta))*(C/6)**(alpha/(alpha + beta))", (*_TERMS, "C"), "optimal",
        assumption=f"{_HOLDS}; the minimum of L over D at fixed C", source=HOFFMANN,
        equation="eq. 4; C4", unit="tokens", example=(*_CHINCHILLA, 5.76e23),
    ),
    _formula(
        "optimal_loss", r"L(N_{\mathrm{opt}}, D_{\mathrm{opt}})", f"E + (1 + alpha/beta)*{_TERM_AT_OPTIMUM}",
        (*_LOSS, "C"), "optimal_loss", unit="nats per token", example=(1.69, *_CHINCHILLA, 5.76e23),
    ),
    _formula(
        "optimal_tokens_per_param", r"M_{\mathrm{opt}}", _RATIO, (*_TERMS, "C"), "optimal_tokens_per_param",
        unit="tokens per parameter", example=(*_CHINCHILLA, 5.76e23),
    ),
    _formula(
        "optimal_params_for", r"N_{\mathrm{opt}}(D)", f"{_BALANCE}**(1/alpha)*D**(beta/alpha)", (*_TERMS, "D"),
        "optimal_params_for", source="Muennighoff et al. 2023, arXiv:2305.16264", equation="appendix A; C4",
        assumption=f"{_HOLDS}; the D for which these D tokens are the optimum", unit="parameters",
        example=(*_CHINCHILLA, 1.4e12),
    ),
    _formula(
        "optimal_tokens_for", r"D_{\mathrm{opt}}(N)", "(beta*B/(alpha*A))**(1/beta)*N**(alpha/beta)", (*_TERMS, "N"),
        "optimal_tokens_for", assumption=f"{_HOLDS}; the C for which these N parameters are the optimum",
        unit="tokens", example=(*_CHINCHILLA, 70e9),
    ),
    _formula(
        "compute_for_loss", "C", f"6*((1 + alpha/beta)*A*{_BALANCE}**(-alpha/(alpha + beta))/(L - E))"
        "**((alpha + beta)/(alpha*beta))", (*_LOSS, "L"), "compute_for", unit="FLOP",
        assumption=f"{_HOLDS}; compute is spent optimally, L > E", example=(1.69, *_CHINCHILLA, 2.0),
    ),
    _formula(
        "tokens_for_loss", "D", "(B/(L - E - A*N**(-alpha)))**(1/beta)", (*_LOSS, "N", "L"), "tokens_for",
        assumption="the loss law holds; L > E + A*N**(-alpha)", unit="tokens", example=(1.69, *_CHINCHILLA, 70e9, 2.0),
    ),
    _formula(
        "params_for_loss", "N", "(A/(L - E - B*D**(-beta)))**(1/alpha)", (*_LOSS, "D", "L"), "params_for",
        assumption="the loss law holds; L > E + B*D**(-beta)", unit="parameters",
        example=(1.69, *_CHINCHILLA, 1.4e12, 2.0),
    ),
)  # fmt: skip

_AT_FIXED_RATIO = (
    _formula(
        "overtrained_params", "N", "sqrt(C/(6*M))", ("C", "M"), "overtrained", assumption="C = 6ND and D = MN",
        source=_GADRE, equation="appendix B", unit="parameters", example=(5.76e23, 20.0),
    ),
    _formula(
        "overtrained_tokens", "D", "sqrt(C*M/6)", ("C", "M"), "overtrained", assumption="C = 6ND and D = MN",
        source=_GADRE, equation="appendix B", unit="tokens", example=(5.76e23, 20.0),
    ),
    _formula(
        "overtrained_loss", "L(C, M)", "E + A*(6*M/C)**(alpha/2) + B*(6/(C*M))**(beta/2)", (*_LOSS, "C", "M"),
        "compute_for", label=EMPIRICAL, assumption=f"{_RUNS}; C = 6ND. Solved for C by a bracketed root",
        source=_GADRE, equation="appendix B", unit="nats per token", example=(1.69, *_CHINCHILLA, 5.76e23, 200.0),
    ),
    _formula(
        "overtraining_penalty", r"L(C, M) - L(C, M_{\mathrm{opt}})",
        "T*(expm1(alpha*u/2) + alpha/beta*expm1(-beta*u/2))", ("T", "alpha", "beta", "u"), "overtraining_penalty",
        source=_GADRE, equation="eq. 8", unit="nats per token", example=(0.109, 0.34, 0.28, 3.0),
    ),
    Formula(
        "training_flops", "C", "6*N*D", ("N", "D"), HEURISTIC,
        "dense transformer, forward and backward pass; attention over the context, about n_ctx/(12*d_model) of it, "
        "and what is not a matrix product are left out", KAPLAN, "section 2.1", unit="FLOP", example=(70e9, 1.4e12),
        own=(_N, _D),
    ),
)  # fmt: skip


def _kaplan(name: str, quantity: str, text: str, arguments: tuple[str, ...], method: str, **more: Any) -> Formula:
    own = (
        Letter("N", "parameters without embeddings", "non-embedding parameters"),
        Letter("D", "tokens of the data set, trained on until the test loss stops falling", "tokens"),
        Letter("C", "compute without embeddings, at batches far below the critical size", "PF-days", r"C_{\min}"),
        Letter("N_c", "scale of the parameters", "non-embedding parameters"),
        Letter("alpha_N", "exponent of the parameters", "1", r"\alpha_N"),
        Letter("D_c", "scale of the data, which depends on the tokenizer", "tokens"),
        Letter("alpha_D", "exponent of the data", "1", r"\alpha_D"),
        Letter("C_c", "scale of the compute", "PF-days", r"C_c^{\min}"),
        Letter("alpha_C", "exponent of the compute", "1", r"\alpha_C^{\min}"),
        Letter("N_e", "optimal parameters at one PF-day", "non-embedding parameters"),
        Letter("p_N", "exponent of the optimal parameters", "1"),
        Letter("D_e", "tokens of one epoch at one PF-day", "tokens"),
        Letter("p_D", "exponent of the tokens", "1"),
    )
    assumption = more.pop("assumption", f"{_RUNS} on WebText2; no irreducible loss, so it must fail in the end")
    return Formula(
        name, quantity, text, arguments, EMPIRICAL, assumption, KAPLAN, of=f"KaplanLaw.{method}", own=own, **more
    )


_KAPLAN = (
    _kaplan(
        "kaplan_loss", "L(N, D)", "((N_c/N)**(alpha_N/alpha_D) + D_c/D)**alpha_D",
        ("N_c", "alpha_N", "D_c", "alpha_D", "N", "D"), "loss", equation="eq. 1.5, table 2", unit="nats per token",
        example=(6.4e13, 0.076, 1.8e13, 0.103, 1e9, 1e10),
    ),
    _kaplan(
        "kaplan_loss_of_params", "L(N)", "(N_c/N)**alpha_N", ("N_c", "alpha_N", "N"), "loss_of_params",
        equation="eq. 1.1, table 5", unit="nats per token", example=(8.8e13, 0.076, 1e9),
    ),
    _kaplan(
        "kaplan_loss_of_tokens", "L(D)", "(D_c/D)**alpha_D", ("D_c", "alpha_D", "D"), "loss_of_tokens",
        equation="eq. 1.2, table 5", unit="nats per token", example=(5.4e13, 0.095, 1e10),
    ),
    _kaplan(
        "kaplan_optimal_loss", r"L(C_{\min})", "(C_c/C)**alpha_C", ("C_c", "alpha_C", "C"), "optimal_loss",
        equation="eq. 1.3, table 5", unit="nats per token", example=(3.1e8, 0.050, 1.0),
    ),
    _kaplan(
        "kaplan_optimal_params", r"N_{\mathrm{opt}}", "N_e*C**p_N", ("N_e", "p_N", "C"), "optimal",
        equation="eq. 6.1, table 6", unit="non-embedding parameters", example=(1.3e9, 0.73, 1.0),
    ),
    _kaplan(
        "kaplan_optimal_tokens", r"D_{\mathrm{opt}}", "D_e*C**p_D", ("D_e", "p_D", "C"), "optimal",
        equation="table 6", unit="tokens", example=(2e10, 0.27, 1.0),
        assumption="trained at the critical batch size, which takes 6ND = 2 C_min; equation 6.7 of the paper has "
        "4e10*C**0.26 instead, against its own N_opt",
    ),
)  # fmt: skip

FORMULAS: tuple[Formula, ...] = (*_LAW, *_AT_FIXED_RATIO, *_KAPLAN)
