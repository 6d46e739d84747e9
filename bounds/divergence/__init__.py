"""How far an estimate lies from its law: KL both ways, L1, minimax and Bayes risk, natural estimators, patterns."""

from __future__ import annotations

from bounds.base.lazy_names import lazy_names

_HOMES = {
    "bounds.divergence.kl": [
        "forward_kl_add_constant",
        "forward_kl_laplace_upper",
        "forward_kl_laplace_upper_refined",
        "forward_kl_total_kt_upper",
        "reverse_kl_empirical",
        "reverse_kl_tail_upper",
        "reverse_kl_upper",
        "reverse_kl_wilks",
    ],
    "bounds.divergence.reverse_constant": ["reverse_kl_constant", "unique_from_reverse_kl"],
    "bounds.divergence.total_variation": ["l1_bounds", "l1_empirical", "l1_exponent", "l1_pinsker_upper", "l1_upper"],
    "bounds.divergence.dirichlet_risk": [
        "MinimaxLower",
        "forward_kl_bayes_risk",
        "forward_kl_minimax_asymptote",
        "forward_kl_minimax_lower",
        "support_upper_minimax",
    ],
    "bounds.divergence.natural_estimators": [
        "forward_kl_natural",
        "good_turing_bias",
        "good_turing_missing_mass",
        "pitman_yor_predictive",
    ],
    "bounds.divergence.pattern_constant": ["pattern_loss", "pattern_loss_constant"],
}

__all__, __getattr__, __dir__ = lazy_names(__name__, _HOMES)
