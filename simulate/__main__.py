"""``python -m simulate``: sweep, corpus, learners, skills, suite, batch, fit, show, report."""

import sys

if __name__ == "__main__":
    try:
        from bounds.cli.process import end_silently, runs_alone
        from bounds.cli.shared import run
        from simulate.cli.main import main
    except KeyboardInterrupt:
        sys.exit(130)  # before there was anything to leave behind
    runs_alone()
    try:
        run(main, "python -m simulate")
    finally:
        end_silently()
