"""Formulas as sympy prints them for numpy: what evaluates them, without the time that sympy takes to load.

`bounds.base.formula` evaluates a formula by the function that ``sympy.lambdify`` makes of its text. For those that most
commands ask for, the expression in that function stands here; what does not stand here is evaluated through sympy. The
tests compare the two to the last digit, so that no entry outlives its text.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

PRINTED = {
    "1 - 2*beta": "1 - 2*beta",
    "1 - beta": "1 - beta",
    "1 - (2 - b)*beta": "-beta*(2 - b) + 1",
    "k**(1/gamma)": "k**(gamma**(-1.0))",
    "1 + (D + 1)*expm1(epsilon)": "(D + 1)*expm1(epsilon) + 1",
    "1 + 2*D*epsilon": "2*epsilon*D + 1",
    "1 + D*(epsilon/M)**2": "epsilon**2*D/M**2 + 1",
    "(epsilon0 + B*D**(1 - beta)/(1 - beta))/c": "(epsilon0 + D**(1 - beta)*B/(1 - beta))/c",
    "nu*U": "nu*U",
    "b_seq/kappa": "b_seq/kappa",
    "(1 + a)/2": "(1/2)*a + 1/2",
    "1 - 2*beta/(1 + a)": "-2*beta/(a + 1) + 1",
    "2*a/(1 + a)": "2*a/(a + 1)",
    "E + A*N**(-alpha) + B*D**(-beta)": "E + D**(-beta)*B + N**(-alpha)*A",
    "B*D**(-beta)": "D**(-beta)*B",
    "(alpha*A/(beta*B))**(1/(alpha + beta))*(C/6)**(beta/(alpha + beta))":
        "((1/6)*C)**(beta/(beta + alpha))*(alpha*A/(beta*B))**((beta + alpha)**(-1.0))",
    "(beta*B/(alpha*A))**(1/(alpha + beta))*(C/6)**(alpha/(alpha + beta))":
        "((1/6)*C)**(alpha/(beta + alpha))*(beta*B/(alpha*A))**((beta + alpha)**(-1.0))",
    "E + (1 + alpha/beta)*A*(alpha*A/(beta*B))**(-alpha/(alpha + beta))*(C/6)**(-alpha*beta/(alpha + beta))":
        "E + A*((1/6)*C)**(-beta*alpha/(beta + alpha))*(alpha*A/(beta*B))**(-alpha/(beta + alpha))*(1 + alpha/beta)",
    "(beta*B/(alpha*A))**(2/(alpha + beta))*(C/6)**((alpha - beta)/(alpha + beta))":
        "((1/6)*C)**((-beta + alpha)/(beta + alpha))*(beta*B/(alpha*A))**(2/(beta + alpha))",
    "(alpha*A/(beta*B))**(1/alpha)*D**(beta/alpha)": "D**(beta/alpha)*(alpha*A/(beta*B))**(alpha**(-1.0))",
    "(beta*B/(alpha*A))**(1/beta)*N**(alpha/beta)": "N**(alpha/beta)*(beta*B/(alpha*A))**(beta**(-1.0))",
    "6*((1 + alpha/beta)*A*(alpha*A/(beta*B))**(-alpha/(alpha + beta))/(L - E))**((alpha + beta)/(alpha*beta))":
        "6*(A*(alpha*A/(beta*B))**(-alpha/(beta + alpha))*(1 + alpha/beta)/(L - E))**((beta + alpha)/(beta*alpha))",
    "(B/(L - E - A*N**(-alpha)))**(1/beta)": "(B/(L - E - N**(-alpha)*A))**(beta**(-1.0))",
    "(A/(L - E - B*D**(-beta)))**(1/alpha)": "(A/(L - E - D**(-beta)*B))**(alpha**(-1.0))",
    "sqrt(C/(6*M))": "(1/6)*sqrt(6)*sqrt(C)/sqrt(M)",
    "sqrt(C*M/6)": "(1/6)*sqrt(6)*sqrt(M)*sqrt(C)",
    "E + A*(6*M/C)**(alpha/2) + B*(6/(C*M))**(beta/2)": "E + B*(6/(M*C))**((1/2)*beta) + A*(6*M/C)**((1/2)*alpha)",
    "T*(expm1(alpha*u/2) + alpha/beta*expm1(-beta*u/2))": "T*(expm1((1/2)*u*alpha) + alpha*expm1(-1/2*u*beta)/beta)",
    "6*N*D": "6*N*D",
    "((N_c/N)**(alpha_N/alpha_D) + D_c/D)**alpha_D": "(D_c/D + (N_c/N)**(alpha_N/alpha_D))**alpha_D",
    "(N_c/N)**alpha_N": "(N_c/N)**alpha_N",
    "(D_c/D)**alpha_D": "(D_c/D)**alpha_D",
    "(C_c/C)**alpha_C": "(C_c/C)**alpha_C",
    "N_e*C**p_N": "N_e*C**p_N",
    "D_e*C**p_D": "D_e*C**p_D",
    "sqrt(V_B + V_beta*log(D)**2 - 2*V_Bbeta*log(D))": "sqrt(V_beta*log(D)**2 - 2*V_Bbeta*log(D) + V_B)",
    "2*sqrt(V_B + V_beta*log(D)**2 - 2*V_Bbeta*log(D))": "2*sqrt(V_beta*log(D)**2 - 2*V_Bbeta*log(D) + V_B)",
    "3/2*sqrt(V_B + V_beta*log(D)**2 - 2*V_Bbeta*log(D))": "(3/2)*sqrt(V_beta*log(D)**2 - 2*V_Bbeta*log(D) + V_B)",
    "(2 - b)*sigma_beta": "sigma_beta*(2 - b)",
    "log(k)/gamma**2*sigma_gamma": "sigma_gamma*log(k)/gamma**2",
    "k**(1/(gamma - z*sigma_gamma))": "k**((-z*sigma_gamma + gamma)**(-1.0))",
    "U - U*R*expm1(-(D - U)/(U*R))": "-U*R*expm1((U - D)/(U*R)) + U",
    "U_N - U_N*R_N*expm1(-(N - U_N)/(U_N*R_N))": "-U_N*R_N*expm1((U_N - N)/(U_N*R_N)) + U_N",
    "exp(-(D - U)/(U*R))": "exp((U - D)/(U*R))",
    "a*6**(-eta)": "6**(-eta)*a",
    "b*6**(-eta)": "6**(-eta)*b",
    "epsilon - k*exp(-gamma*L)": "-k*exp(-gamma*L) + epsilon",
    "log(p_b/(1 - p_b)) - log(p_r/(1 - p_r))": "-log(p_r/(1 - p_r)) + log(p_b/(1 - p_b))",
    "U + (t - 1)*D": "U + D*(t - 1)",
    "t*U": "U*t",
}  # fmt: skip
"""The code of each text, over its letters and elementary functions."""


def compiled(text: str, arguments: tuple[str, ...]) -> Callable[..., Any] | None:
    """The function of `arguments` that stands for `text`; None where the table does not have it."""
    code = PRINTED.get(text)
    return None if code is None else _function(code, arguments)


@functools.cache
def _function(code: str, arguments: tuple[str, ...]) -> Callable[..., Any]:
    import numpy as np
    from scipy import special

    functions = {"exp": np.exp, "log": np.log, "sqrt": np.sqrt, "expm1": special.expm1, "log1p": special.log1p}
    # The code is a constant of this package, checked by the tests.
    found: Callable[..., Any] = eval(f"lambda {', '.join(arguments)}: {code}", functions)
    return found
