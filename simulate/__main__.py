"""``python -m simulate``: sweep, corpus, fit, skills, suite."""

import sys

if __name__ == "__main__":
    try:
        from bounds.command import run
        from bounds.process import end_silently
        from simulate.cli import main
    except KeyboardInterrupt:
        sys.exit(130)  # before there was anything to leave behind
    try:
        run(main, "python -m simulate")
    finally:
        end_silently()
