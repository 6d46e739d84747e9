"""A loss law of your own: fitted to your runs, kept in a file, and asked what an efficient model would store.

    python examples/law_of_your_own.py

Put your runs in the place of the three lists: parameters, training tokens and final loss in nats per token.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import bounds

# Twelve runs of small models, made up for this example.
N_PARAMS = [30e6, 30e6, 30e6, 100e6, 100e6, 100e6, 300e6, 300e6, 300e6, 1e9, 1e9, 1e9]
N_TOKENS = [0.3e9, 1.2e9, 4.8e9, 1e9, 4e9, 16e9, 3e9, 12e9, 48e9, 10e9, 40e9, 160e9]
LOSS = [4.629, 4.003, 3.623, 3.861, 3.401, 3.122, 3.276, 2.937, 2.734, 2.822, 2.581, 2.438]


def main() -> None:
    """Fit, keep, read back, ask."""
    fit = bounds.fit_loss_law(N_PARAMS, N_TOKENS, LOSS, bootstrap=200, seed=0)
    beta, within = fit.law.data_exponent, fit.interval("data_exponent")
    print(f"Your loss falls as D^-{beta:.2f} in the tokens, 95 % interval [{within.lower:.2f}, {within.upper:.2f}].")

    band = fit.band()
    lower, middle, upper = (band["exponent", end].value for end in ("lower", "middle", "upper"))
    print(f"An efficient model then needs N ~ D^{lower:.2f} to D^{upper:.2f} parameters, halfway D^{middle:.2f}.")

    run = fit.predict(n_params=2e9, n_tokens=80e9)
    ends = f"[{run.lower:.3f}, {run.upper:.3f}]"
    print(f"2B parameters on 80B tokens should end at a loss of {run.estimate:.3f} {ends} nats per token.")

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mine.law.toml"
        fit.save(path)
        kept = bounds.laws.get_law(path)
        best = kept.optimal(1e21)
        print(f"Read back from {path.name}: 1e21 FLOP are best spent on {best.n_params / 1e9:.2f}B parameters.")


if __name__ == "__main__":
    main()
