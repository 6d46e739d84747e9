"""Which experiments there are: a name, a question, its papers and its data; the module is loaded when it runs.

A module of that name has ``CLAIMS``, its claims in the order of the paper, and ``run(folder)``, which takes the folder
of the data sets (`experiments.data`) and returns a `Result`.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bounds.base.telling.html import html_fields

if TYPE_CHECKING:
    from experiments.claims import Result


@dataclass(frozen=True)
class Experiment:
    """One or several papers held against their data.

    `data` are the data sets that it cannot do without, `also` those without a public address of their own, which it
    uses where a mirror has them.
    """

    name: str
    question: str
    papers: tuple[str, ...]
    data: tuple[str, ...] = ()
    also: tuple[str, ...] = ()

    _repr_html_ = html_fields

    @property
    def module(self) -> Any:
        """The module, loaded."""
        return import_module(f"experiments.{self.name}")

    def run(self, folder: Path) -> Result:
        """What is found on the data sets in `folder`."""
        result: Result = self.module.run(folder)
        return result


_ALL = (
    Experiment(
        "unique_sequences",
        "Does an efficient model need D^0.58 parameters, and is 0.58 a number of nature?",
        ("Kausik 2024",),
        data=("chinchilla", "gadre", "isoflops", "loss_to_loss"),
        also=("runs/porian", "corpora"),
    ),
    Experiment(
        "lawfit",
        "What do the runs of Chinchilla say of its law, and how much of it hangs on five of them?",
        ("Hoffmann 2022", "Besiroglu 2024"),
        data=("chinchilla",),
    ),
    Experiment(
        "overtraining",
        "Do small runs predict the loss and the errors of large, over-trained ones?",
        ("Gadre 2024",),
        data=("gadre",),
    ),
    Experiment(
        "training_dynamics",
        "What happens along training and across scale in the Pythia suite?",
        ("Biderman 2023",),
        data=("pythia",),
    ),
    Experiment(
        "trajectories",
        "Is perplexity, whatever the size, what decides the accuracy of a model in training?",
        ("Xia 2022",),
        data=("opt", "pythia", "gadre"),
    ),
    Experiment(
        "budget",
        "What should a million GPU hours have bought, by each law?",
        ("Le Scao 2022",),
        also=("bloom",),
    ),
)  # fmt: skip

EXPERIMENTS = {one.name: one for one in _ALL}
"""The experiments by name, in the order in which they are run."""
