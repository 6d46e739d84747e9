"""``python -m simulate``: sweep, corpus, fit."""

from bounds.command import run
from simulate.cli import main

if __name__ == "__main__":
    run(main, "python -m simulate")
