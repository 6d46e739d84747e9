"""What Hoffmann et al. 2022 and Besiroglu et al. 2024 say of the law of Chinchilla, with the places and tolerances.

"notebook" is ``data_analysis.ipynb`` of the repository of Besiroglu et al. at the commit of the data. Its outputs have
more digits than the paper.
"""

from __future__ import annotations

from experiments.claims import AT_LEAST, AT_MOST, Claim

_H, _B = "Hoffmann 2022", "Besiroglu 2024"
_TWO_SE = "twice the standard error that Besiroglu et al. print for it"
_UNIT = "a unit of its last digit"
_MC = "half a unit of its last digit, and twice the Monte Carlo error of two bootstraps of 4,000 resamples"

CLAIMS = (
    Claim("lawfit.equal-scaling", _H, "abstract", "size and tokens should be scaled equally: N ~ C^a with a = 0.5",
          0.5, 0.04, "twice the standard error of a, 0.020, in the notebook of Besiroglu et al., cell 59"),
    Claim("lawfit.a", _H, "table 2, approach 3", "a is 0.46", 0.46, 0.04,
          "twice the standard error of a, 0.020, in the notebook of Besiroglu et al., cell 59", should_hold=False),
    Claim("lawfit.a-interval", _H, "table 2, approach 3", "a lies between 0.454 and 0.455 (10th and 90th percentile)",
          (0.454, 0.455), 5e-4, "half a unit of its last digit", should_hold=False),
    Claim("lawfit.a-own", _H, "table 2 and equation 4", "the interval of a holds the a of the paper's own α and β",
          (0.454, 0.455), 5e-4, "half a unit of its last digit", should_hold=False),
    Claim("lawfit.E", _H, "equation 10", "irreducible loss of the law", 1.69, 0.06, _TWO_SE, should_hold=False,
          unit="nats per token"),
    Claim("lawfit.A", _H, "equation 10", "coefficient of the model term", 406.4, 249.16, _TWO_SE),
    Claim("lawfit.alpha", _H, "equation 10", "exponent of the model term", 0.34, 0.04, _TWO_SE),
    Claim("lawfit.B", _H, "equation 10", "coefficient of the data term", 410.7, 2586.46, _TWO_SE),
    Claim("lawfit.beta", _H, "equation 10", "exponent of the data term", 0.28, 0.04, _TWO_SE, should_hold=False),
    Claim("lawfit.gopher-figure", _H, "figure 4", "the best model for the FLOP of Gopher has 40B parameters",
          40e9, 0.5e9, "half a unit of its last digit", unit="parameters"),
    Claim("lawfit.gopher-rounded", _H, "figure 4 and equation 10", "so do the constants that the paper prints",
          40e9, 0.5e9, "half a unit of its last digit", should_hold=False, unit="parameters"),
    Claim("lawfit.gopher-range", _H, "section 4", "for the FLOP of Gopher the best model has 40 to 70B parameters",
          (40e9, 70e9), 5e9, "ends are given in tens of billions", unit="parameters"),
    Claim("lawfit.residuals", _H, "section 3.4", "runs up to 1e21 FLOP have larger squared residuals than those beyond",
          1.0, None, "larger is a ratio above 1", reading=AT_LEAST),
    Claim("lawfit.small-delta", _H, "appendix D.2", "δ below 1e-3 does not change what the law predicts", 0.0, 1e-3,
          "losses read off colours are good to 0.001 of themselves", reading=AT_MOST),
    Claim("lawfit.large-delta", _H, "appendix D.2", "δ above 1e-3 predicts larger runs worse", 1.0, None,
          "worse is a ratio of errors above 1", reading=AT_LEAST),
    Claim("lawfit.runs", _H, "abstract", "over 400 models were trained", 400.0, None, "a count", reading=AT_LEAST),
    Claim("lawfit.sizes", _H, "abstract", "the smallest model has 70 million parameters", 70e6, 5e6,
          "half a unit of its last digit", should_hold=False, reading=AT_LEAST, unit="parameters"),
    Claim("lawfit.tokens", _H, "abstract", "the fewest tokens are 5 billion", 5e9, 0.5e9,
          "half a unit of its last digit", should_hold=False, reading=AT_LEAST, unit="tokens"),
    Claim("lawfit.outliers", _B, "section 3 and notebook, cell 15", "the rule leaves 240 runs", 240.0, 0.0, "a count"),
    Claim("lawfit.refit-E", _B, "table 1", "E of the refit, by Huber's objective with δ = 1e-3", 1.8172, 1e-4, _UNIT,
          unit="nats per token"),
    Claim("lawfit.refit-A", _B, "table 1", "A of the refit, by the same", 482.01, 0.01, _UNIT, should_hold=False),
    Claim("lawfit.refit-alpha", _B, "table 1", "α of the refit, by the same", 0.3478, 1e-4, _UNIT, should_hold=False),
    Claim("lawfit.refit-B", _B, "table 1", "B of the refit, by the same", 2085.43, 0.01, _UNIT, should_hold=False),
    Claim("lawfit.refit-beta", _B, "table 1", "β of the refit, by the same", 0.3658, 1e-4, _UNIT, should_hold=False),
    Claim("lawfit.lad-E", _B, "table 1", "E of the refit, by least absolute deviations", 1.8172, 1e-4, _UNIT,
          should_hold=False, unit="nats per token"),
    Claim("lawfit.lad-A", _B, "table 1", "A of the refit, by the same", 482.01, 0.01, _UNIT, should_hold=False),
    Claim("lawfit.lad-alpha", _B, "table 1", "α of the refit, by the same", 0.3478, 1e-4, _UNIT),
    Claim("lawfit.lad-B", _B, "table 1", "B of the refit, by the same", 2085.43, 0.01, _UNIT, should_hold=False),
    Claim("lawfit.lad-beta", _B, "table 1", "β of the refit, by the same", 0.3658, 1e-4, _UNIT),
    Claim("lawfit.se-E", _B, "table 1", "standard error of E", 0.03, 0.0059, _MC),
    Claim("lawfit.se-A", _B, "table 1", "standard error of A", 124.58, 3.9, _MC, should_hold=False),
    Claim("lawfit.se-alpha", _B, "table 1", "standard error of α", 0.02, 0.0055, _MC),
    Claim("lawfit.se-B", _B, "table 1", "standard error of B", 1293.23, 300.0, _MC),
    Claim("lawfit.se-beta", _B, "table 1", "standard error of β", 0.02, 0.0059, _MC),
    Claim("lawfit.refit-a", _B, "notebook, cell 59", "a of the refit", 0.513, 5e-4, "half a unit of its last digit"),
    Claim("lawfit.compatible", _B, "abstract", "the refit agrees with a = 0.50 and 0.49 of approaches 1 and 2",
          "holds both", None, "our 95 % interval of a holds both"),
    Claim("lawfit.likelihood", _B, "notebook, cell 48", "log-likelihood of the refit on its 240 runs", 879.77, 0.005,
          "half a unit of its last digit"),
    Claim("lawfit.likelihood-own", _B, "notebook, cell 48", "log-likelihood of Hoffmann's constants, unrounded",
          837.78, 0.005, "half a unit of its last digit"),
    Claim("lawfit.likelihood-ratio", _B, "notebook, cell 49", "twice their difference, against Hoffmann's constants",
          84.00, 0.01, "a unit of its last digit"),
    Claim("lawfit.rejected", _B, "abstract; notebook, cell 34", "Hoffmann's constants fail to fit the runs: χ² with 5 "
          "degrees of freedom", 238.40, 15.0, "twice the Monte Carlo error of two covariances of 4,000 resamples"),
    Claim("lawfit.runs-needed", _B, "abstract", "an interval of a as narrow as Hoffmann's takes over 600,000 runs",
          600e3, 50e3, "half a unit of its first digit", reading=AT_LEAST, unit="runs"),
    Claim("lawfit.ratio-20", _B, "section 4", "about 20 tokens per parameter are best for the FLOP of Chinchilla",
          20.0, 5.0, "half of ten, about", unit="tokens per parameter"),
    Claim("lawfit.ratio-70", _B, "section 4", "by Hoffmann's constants about 70 of them are", 70.0, 5.0,
          "half of ten, about", should_hold=False, unit="tokens per parameter"),
    Claim("lawfit.stopped-early", _B, "version 2", "Hoffmann's search averaged the objective, and so stopped early",
          "stops early", None, "from their constants the search moves β by less than a tenth of the way to the least"),
    Claim("lawfit.fewer-runs", _B, "abstract", "Hoffmann et al. likely ran fewer than 500 experiments", 500.0, None,
          "a count", reading=AT_MOST),
)  # fmt: skip
