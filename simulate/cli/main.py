"""Flags -> plan -> study -> report, file, figure. Each command is a module of its own.

Help and argument errors are answered before any heavy package is loaded; results go to standard output and to files,
progress to standard error.
"""

from __future__ import annotations

from bounds.cli.shared import command_group
from simulate.cli.example import example
from simulate.cli.learners import learners
from simulate.cli.results import fit, report, show
from simulate.cli.skills import skills
from simulate.cli.suite import batch, suite
from simulate.cli.sweep import sweep
from simulate.cli.texts.compare import compare
from simulate.cli.texts.corpus import corpus
from simulate.cli.texts.loss import loss

main = command_group("What happens when you draw: simulated and real corpora, measured beside the bounds.")
for command in (sweep, corpus, compare, loss, learners, skills, suite, batch, fit, show, report, example):
    main.add_command(command)
