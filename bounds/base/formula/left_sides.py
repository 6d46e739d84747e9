"""What stands on the left of each statement, in words: by the name of the formula, else by its plain left side.

Each letter of a left side is either one of the right side, or is named in its words here (a test holds it).
"""

from __future__ import annotations

_KL_TYPE = "part of one type in the mean E over corpora of KL"
_KL = "mean E over corpora of the divergence KL"
_TOP1 = "excess top-1 error e_top-1 after n examples of each context: error above that of the best answer"

BY_NAME = {
    "zipf_normaliser.zipf": "normaliser C: the type of rank r has the probability C (r + q)^-s",
    "zipf_normaliser.zipf_finite": "normaliser C: the type of rank r has the probability C (r + q)^-s",
    "compute_for_loss": "compute C of the run with loss L at its optimum",
    "training_flops": "compute C of a training run",
    "overtraining_compute": "compute C of the run with loss L at M tokens a parameter",
    "santa_fe_law.data_coefficient": "coefficient B of the excess loss B n^-beta",
    "overtraining_data_term": "coefficient B of the data term, B D^-beta",
    "loss_law_of.data_coefficient": "coefficient B of the data term, B D^-beta",
    "santa_fe_law.data_exponent": "exponent beta of the excess loss B n^-beta",
    "loss_law_of.data_exponent": "exponent beta of the data term, B D^-beta",
    "santa_fe_law.param_coefficient": "coefficient A_N of the loss that N stored facts leave, A_N N^-(s - 1)",
    "unique_from_reverse_kl": "number U of distinct sequences in the corpus",
    "loss": "loss L of the model",
    "downstream_loss": "loss L on the evaluation set at which the error is Err",
    "repeated_data_loss": "loss L of the model",
    "tokens_for_loss": "training tokens D with which N parameters have the loss L",
    "overtrained_tokens": "training tokens D of the run",
    "params_for_loss": "parameters N with which D tokens give the loss L",
    "overtrained_params": "parameters N of the run",
    "efficient_params": "parameters N of an efficient model",
    "params_to_store": "parameters N that it takes to store n sequences",
    "params_to_store.bits": "parameters N that it takes to store n sequences",
    "overtraining_param_term": "coefficient A of the parameter term, A N^-alpha",
    "loss_law_of.param_coefficient": "coefficient A of the parameter term, A N^-alpha",
    "overtraining_from_params": "coefficient a of M^eta in the law of over-training",
    "overtraining_from_data": "coefficient b of M^-eta in the law of over-training",
    "quorum_count": "quorum a: how many of the m members a skill needs",
    "top1_bernstein_exponent": "Bernstein exponent b with the same rate, 1/(2 - b)",
    "huber_objective": "what one run adds to the objective, rho",
    "top1_rate": "rate rho: the excess falls as n^-rho in the examples n of a context",
    "optimal_tokens_per_param": "tokens per parameter at the optimum of C, M_opt = D_opt/N_opt",
    "overtraining_optimum": "tokens per parameter M_opt at which a compute gives the least loss",
    "overtraining_loss": "loss L on the evaluation set of a run of compute C at M tokens a parameter",
    "local_exponent.zipf_limit": "local exponent gamma: the slope of ln E U(D) in ln D, D (E U(D+1) - E U(D))/E U(D)",
    "local_exponent.zipf_poisson_limit": "local exponent gamma at D: the slope of ln E U(D) in ln D",
    "top1_growth_exponent": "exponent gamma of the number of contexts, V ~ D^gamma",
    "emergence_probability": "probability P that the skill has emerged: at least a of its m members are represented",
}
"""Where the same letter is something else in another statement."""

BY_LEFT_SIDE = {
    "E U(D)": "mean E over corpora of U(D), the number of distinct sequences among D draws",
    "E U_j(D)": "mean E over corpora of U_j(D), the number of distinct sequences of domain j among D draws",
    "E U": "mean E over texts of U, the number of distinct words of l letters",
    "Var U(D)": "variance Var over corpora of U(D), the number of distinct sequences among D draws",
    "Cov(U(D), U(D_2))": "covariance Cov over corpora of U, the distinct sequences among the first D and D_2 draws",
    "E M_0(D)": "mean E over corpora of the missing mass M_0(D), the chance that draw D + 1 is a new sequence",
    "E f_k(D)": "mean E over corpora of f_k(D), the number of sequences seen k times among D draws",
    "gamma(D)": "local exponent gamma at D: the slope of ln E U(D) in ln D, D (E U(D+1) - E U(D))/E U(D)",
    "V(D)": "number V of types in the support at corpus size D",
    "H(P)": "entropy H of one draw from the law P",
    "E H(P)": "mean E over corpora of the entropy H of one draw from the law P",
    "h": "entropy h of a letter given the one before",
    "sum_T P(w absent) z^T": "sum_T, over all T, of z^T times P(w absent), the chance that w is absent from T letters",
    "P(w absent)": "chance P that the word w is absent from the T letters",
    "P(w occurs)": "chance P that the word w occurs in the T letters",
    "H(X_1^n)": "entropy H of the first n tokens, X_1 to X_n",
    "varepsilon(n)": "excess loss varepsilon on token n + 1, after n tokens",
    "I(X_1^n; X_n+1^2n)": "mutual information I of the first n tokens, X_1 to X_n, and the next n, X_n+1 to X_2n",
    "gamma": "exponent gamma of distinct sequences, U ~ D^gamma",
    "part of one type in E KL(P || hat p_beta)": f"{_KL_TYPE} of the law P from the estimate hat p_beta",
    "E KL(P || hat p_beta)": f"{_KL} of the law P from the estimate hat p_beta, (count + beta)/(D + V beta)",
    "E KL(P || hat p_1)": f"{_KL} of the law P from Laplace's estimate hat p_1, (count + 1)/(D + V)",
    "part of one type in E KL(P || hat p_1)": f"{_KL_TYPE} of the law P from Laplace's estimate hat p_1",
    "-ln P_KT(x^D) - D H(p_D)": "what the estimator with 1/2 added, P_KT, costs in all for the draws x^D, above D "
    "times the entropy H of their frequencies p_D: -ln is a code length in nats",
    "part of one type in E KL(p_D || P)": f"{_KL_TYPE} of the observed frequencies p_D from the law P",
    "E KL(p_D || P)": f"{_KL} of the observed frequencies p_D from the law P",
    "P(KL(p_D || P) >= varepsilon)": "chance P that the divergence KL of the observed frequencies p_D from the law P "
    "is varepsilon (epsilon) or more",
    "K_rev(s) = lim D E KL(p_D || P)/E U(D)": "K_rev: limit (lim) for large D of D times the mean E of the divergence "
    "KL of the observed frequencies p_D from the law P, over E U(D), the mean number of distinct sequences",
    "U": "number U of distinct sequences in the corpus",
    "C": "coverage C: the probability of all types that were seen",
    "sd(C)": "standard deviation sd of the coverage C, the probability of all types that were seen",
    "h_k": "what each type seen k times adds to the expected number of new types among the further draws, h_k",
    "E N(t)": "mean E of N(t), the number of types among t*D draws that are not among the first D",
    "Var N(t)": "variance Var of N(t), the number of types among t*D draws that are not among the first D",
    "U(tD)": "number U(tD) of types among t*D draws, the first D of which have U",
    "E U(tD)": "mean E of U(tD), the number of types among t*D draws",
    "delta": "shift delta of the logit of the part of the further draws that brings new types",
    "part of one type in E |p_D - P|_1": "part of one type in the mean E of the distance |p_D - P|_1, the sum over "
    "types of |observed frequency p_D - law P|",
    "E |p_D - P|_1": "mean E over corpora of the sum over types of |observed frequency p_D - law P|",
    "part of one type in Lambda": "part of one type in Lambda, which bounds the distance on both sides",
    "|p_D - P|_1": "sum over types of |observed frequency p_D - law P|",
    "lim ln E |p_D - P|_1 / ln D": "exponent of the distance: limit (lim) for large D of ln of the mean E of the sum "
    "over types of |observed frequency p_D - law P|, over ln D",
    "min_(hat p) E_P E KL(P || hat p)": "Bayes risk: least (min) over estimates hat p of the mean E over corpora, and "
    "E_P over laws P, of the divergence KL of P from hat p",
    "min_(hat p) max_P E KL(P || hat p)": "minimax risk: least (min) over estimates hat p of the largest (max_P) over "
    "laws P of the mean E of the divergence KL of P from hat p",
    "varepsilon": "excess loss varepsilon of the learner",
    "part of one type in KL(P || hat p_natural)": "part of one type in the divergence KL of the law P from the best "
    "natural estimate hat p_natural",
    "hat M_0(D)": "estimate hat M_0 of the missing mass after D draws",
    "part of one type in E f_1/D - E M_0(D)": "part of one type in the bias of Good and Turing's estimate: the mean E "
    "of f_1/D, f_1 types being seen once, less that of the missing mass M_0(D)",
    "P(next is a type drawn m times)": "chance P that the next draw is a given type that was drawn m times",
    "P(next is new)": "chance P that the next draw is a new type",
    "K(s, d) = lim D E KL/E U(D)": "K: limit (lim) for large D of D times the mean E of KL, the divergence in what the "
    "next draw is, over E U(D), the mean number of distinct sequences",
    "E KL(P || hat p) of seen types and new": f"{_KL} of the law P from the estimate hat p, of seen types and of all "
    "new ones as one",
    "varepsilon(D)": "excess loss varepsilon over E, after D tokens",
    "N_opt(C)": "parameters N_opt with the least loss for compute C",
    "D_opt(C)": "training tokens D_opt with the least loss for compute C",
    "L(N_opt, D_opt)": "least loss L for compute C, at its optimum N_opt, D_opt",
    "N_opt(D)": "parameters N_opt for which D tokens are the optimum of some compute",
    "D_opt(N)": "training tokens D_opt for which N parameters are the optimum of some compute",
    "L(C, M)": "loss L of a run of compute C at M tokens a parameter",
    "L(C, M) - L(C, M_opt)": "loss L at compute C and M tokens a parameter, less that at the optimum M_opt of C",
    "L(N, D)": "loss L of N parameters on D tokens",
    "L(N)": "loss L of N parameters, with data enough",
    "L(D)": "loss L of a large model on D tokens",
    "L(C_min)": "loss L of the best model for C, the least compute C_min that reaches it",
    "N_opt": "parameters N_opt of the best model for compute C",
    "D_opt": "training tokens D_opt of the best model for compute C",
    "C(M)/C(M_opt)": "compute C for a loss at M tokens a parameter over that at the optimum M_opt",
    "Err(L)": "top-1 error Err averaged over tasks, at loss L on the evaluation set",
    "D'": "effective tokens D': new ones that would serve as well as the D, repetitions included",
    "N'": "effective parameters N' of the N that there are",
    "dD'/dD": "worth of one more token in new ones: the derivative dD' by dD of the effective tokens",
    "D_2/D_1": "corpus factor: size D_2 with k times the skills over size D_1 with them once",
    "nu": "parameters nu per stored sequence",
    "sd(ln U)": "standard deviation sd of ln U, the number of distinct sequences that the fitted law gives",
    "sigma_gamma": "standard error sigma_gamma of the exponent gamma",
    "sd(ln k^1/gamma)": "standard deviation sd of ln of the corpus factor k^(1/gamma)",
    "k^1/gamma": "corpus factor k^(1/gamma) for k times the skills, at its upper end",
    "n": "number n of sequences that the model stores",
    "T(n)": "tail mass T: the probability of all sequences that are not stored",
    "L(n, D)": "mean loss L of a store of n sequences after D draws",
    "alpha_N": "exponent alpha_N of the parameter term, A N^-alpha_N",
    "s": "Zipf exponent s of the sequences",
    "E z^K": "generating polynomial of K, the number of members seen: mean E of z^K",
    "I_(x_1/2)(a, m - a + 1)": "regularised incomplete beta function I at the median chance x_1/2: the probability "
    "that at least a of m members are represented, each with the chance x_1/2",
    "x_1/2": "median chance x_1/2: represented with it, at least a of m members are with probability 1/2",
    "x_1/2(m, a)": "median chance x_1/2: represented with it, at least a (the quorum) of m members are with "
    "probability 1/2",
    "1 - x_1/2(m, a)": "1 less the median chance x_1/2: represented with it, at least a (the quorum) of m members are "
    "with probability 1/2",
    "n^*": "threshold n^*: sequences stored at which the skill is there with probability 1/2",
    "N^*": "threshold N^*: parameters at which the skill is there with probability 1/2",
    "Delta ln n": "half-width Delta of the threshold in ln n: one standard deviation",
    "D^*": "threshold D^*: draws at which the skill is there with probability 1/2",
    "Delta ln D": "half-width Delta of the threshold in ln D: one standard deviation",
    "S(D)": "mean number S of skills that have emerged after D draws",
    "D_2/D": "corpus factor: size D_2 with k times the skills over size D with them once",
    "Delta S": "number of skills S that more parameters can add (Delta)",
    "A(c)": "accuracy A on a term seen c times",
    "E A": "mean E over corpora of the accuracy A on a term",
    "d_TV": "distance d_TV in total variation: of the number of memorised positions in a window from a Poisson law of "
    "the same mean, the largest difference of the chances of any event",
    "U(D)": "number U of distinct sequences among D draws",
    "D U'(D)/U(D)": "local exponent: the slope of ln U(D), the distinct sequences, in ln D; U' is the derivative of U",
    "E f_k/(U + u0)": "mean E of f_k, the number of types seen k times, over the number of distinct types U and the "
    "offset u0 of the growth curve U = K D^gamma - u0",
    "(E U(k*D) + theta/d)/(U(D) + theta/d)": "growth of the distinct types U, each with theta/d added, from D draws to "
    "k D: mean E over how the corpus goes on",
    "e_top-1(n)": _TOP1,
    "-(d ln e)/(d ln n)": "local rate: how fast the excess top-1 error e falls, d being that of a derivative, in ln n",
}
"""By the left side in plain text."""

INDICES = {
    "r": "rank of a type",
    "w": "a word, one of all of l letters",
    "m": "how often the type is drawn",
    "x": "variable of the integral",
    "i": "how many members are represented",
    "k": "index of the sum",
    "a": "a letter of the alphabet",
}
"""What sums and integrals run over."""

INDICES_BY_NAME = {
    "unique_lower_pattern": {"r": "number of the draw"},
    "emergence_probability_unequal": {"i": "a member of the skill"},
    "draws_threshold.exposures": {"i": "how often a member is seen"},
    "expected_skills": {"i": "a skill, by its mass", "j": "index of the sum of the masses",
                        "l": "how many members are represented"},
    "le_cam_bound": {"i": "a position in the window"},
    "pattern_loss_constant": {"m": "how often a type is drawn"},
}  # fmt: skip
"""Where an index runs over something else."""
