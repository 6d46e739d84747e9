"""What a browser says of a page: how wide it is on a phone, what it asks for, and what is on its console."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
NONE = "no Chromium here: pages were read by a parser alone"
"""Why a test is skipped without it."""


def seen(page: Path, folder: Path, width: int = 360) -> dict[str, Any]:
    """What the script of a frame of `width` pixels finds in `page`; the frame and a profile are kept in `folder`."""
    probe = (
        f'<!DOCTYPE html><iframe src="{page.as_uri()}" width="{width}" height="800"></iframe><pre id="told"></pre>'
        "<script>onload = () => { const w = frames[0], d = w.document; told.textContent = JSON.stringify({"
        "wide: d.documentElement.scrollWidth, asked: w.performance.getEntriesByType('resource').map(r => r.name), "
        "tables: d.querySelectorAll('table').length, figures: d.querySelectorAll('figure svg').length, "
        "reached: [...d.querySelectorAll('.scroll')].every(e => e.tabIndex === 0), "
        "hidden: [...d.querySelectorAll('figure svg')].some(e => e.getBoundingClientRect().height < 100)})}</script>"
    )
    (folder / "probe.html").write_text(probe, encoding="utf-8")
    flags = [
        "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files", "--enable-logging=stderr",
        f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=5000", "--dump-dom",
    ]  # fmt: skip
    done = subprocess.run(
        [str(CHROMIUM), *flags, (folder / "probe.html").as_uri()], capture_output=True, text=True, timeout=120,
        env={**os.environ, "HOME": str(folder)},
    )  # fmt: skip
    found = re.search(r'<pre id="told">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stderr
    told: dict[str, Any] = json.loads(found[1].replace("&amp;", "&"))
    return told | {"console": [line for line in done.stderr.splitlines() if "CONSOLE" in line]}
