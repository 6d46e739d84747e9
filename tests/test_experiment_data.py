"""Data sets by manifest: whole files arrive, others do not, and nothing is left of what broke."""

from __future__ import annotations

import gc
import hashlib
import http.server
import os
import re
import subprocess
import sys
import threading
import time
import warnings
from contextlib import suppress
from dataclasses import replace

import pytest

from bounds.base.keeping.locks import locked
from experiments.data import MANIFESTS, Manifest, data_folder, fetch, get_manifest, is_here, located
from experiments.registry import EXPERIMENTS

FILES = {"data/a.csv": b"n,d\n1,2\n", "data/deep/b=1_c.json": b'{"loss": 3.1}'}
HASHES = {path: hashlib.sha256(text).hexdigest() for path, text in FILES.items()}


class Repository(http.server.BaseHTTPRequestHandler):
    """Serves `FILES` under owner/name/commit, in the ways that servers do."""

    mood = "well"
    asked = threading.Event()

    def do_GET(self):
        path = self.path.removeprefix("/owner/name/" + "c" * 40 + "/").replace("%3D", "=")
        if self.mood == "gone" or path not in FILES:
            self.send_error(404)
            return
        text = FILES[path]
        self.asked.set()
        if self.mood == "slow":
            time.sleep(2)
        if self.mood == "other" and path.endswith(".json"):
            text = b"<html>rate limit</html>"
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        with suppress(OSError):  # who asked may be gone
            self.wfile.write(text[: len(text) // 2] if self.mood == "half" else text)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    found = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Repository)
    thread = threading.Thread(target=found.serve_forever, daemon=True)
    thread.start()
    yield found
    found.shutdown()
    thread.join()
    found.server_close()
    with warnings.catch_warnings():  # pooch leaves the answer of a server that broke off for the collector to close
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture
def small(server, monkeypatch):
    monkeypatch.delenv("EFFICIENCY_BOUNDS_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "*")
    address = f"http://127.0.0.1:{server.server_address[1]}"
    manifest = Manifest("small", "two files", "owner/name", "c" * 40, "MIT", address=address, hashes=HASHES)
    monkeypatch.setitem(MANIFESTS, "small", manifest)
    monkeypatch.setattr(Repository, "mood", "well")
    return manifest


needs_pooch = pytest.mark.skipif(
    not __import__("importlib.util").util.find_spec("pooch"), reason="the extra data is not installed"
)


def everything(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


# ---------------------------------------------------------------- manifests


@pytest.mark.parametrize("key", MANIFESTS)
def test_every_file_has_a_hash_and_a_place(key):
    manifest = MANIFESTS[key]
    assert manifest.key == key
    assert manifest.licence
    assert manifest.text
    assert manifest.files
    for path, digest in manifest.files.items():
        assert re.fullmatch(r"[0-9a-f]{64}", digest), path
        assert not os.path.isabs(path), path
        assert ".." not in path.split("/"), path
    if not manifest.made:
        assert re.fullmatch(r"[0-9a-f]{40}", manifest.commit)


def test_the_counts_are_those_of_the_readmes():
    assert {key: len(MANIFESTS[key].files) for key in ("chinchilla", "gadre", "pythia", "opt")} == {
        "chinchilla": 1, "gadre": 104 + 104 + 2, "pythia": 672, "opt": 7,
    }  # fmt: skip


def test_addresses_name_the_commit():
    assert get_manifest("chinchilla").url("data/svg_extracted_data.csv") == (
        "https://raw.githubusercontent.com/epoch-research/analyzing-chinchilla/"
        "92258837425e1b5f2851d624287f0120583a3d0e/data/svg_extracted_data.csv"
    )
    assert "evaluation_rpj-d%3D96_l%3D8" in get_manifest("gadre").url("exp_data/evals/evaluation_rpj-d=96_l=8_h=4.json")
    with pytest.raises(ValueError, match=r"bloom has no public address; name the folder .* EFFICIENCY_BOUNDS_DATA"):
        get_manifest("bloom").url("facts.csv")


def test_unknown_data_sets_are_refused_with_the_nearest_name():
    with pytest.raises(ValueError, match="did you mean chinchilla"):
        located("chinchila")


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_experiments_name_data_that_there_are(name):
    experiment = EXPERIMENTS[name]
    assert all(not MANIFESTS[key].made for key in experiment.data)
    assert all(key in MANIFESTS for key in experiment.also)


@pytest.mark.data
@pytest.mark.parametrize("key", MANIFESTS)
def test_the_mirror_holds_what_the_manifests_say(data_folder, key):
    assert located(key) == data_folder / key


# ---------------------------------------------------------------- downloads


@needs_pooch
def test_files_come_and_come_once(small, tmp_path):
    said = []
    folder, came = fetch("small", tmp_path / "new" / "cache", progress=lambda done, of: said.append((done, of)))
    assert came == 2
    assert said == [(1, 2), (2, 2)]
    assert {path: (folder / path).read_bytes() for path in FILES} == FILES
    assert everything(tmp_path / "new" / "cache") == [
        "small", "small/data", "small/data/a.csv", "small/data/deep", "small/data/deep/b=1_c.json",
    ]  # fmt: skip
    assert located("small", tmp_path / "new" / "cache") == folder
    assert fetch("small", tmp_path / "new" / "cache")[1] == 0


@needs_pooch
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("mood", "error", "said"),
    [
        ("gone", ConnectionError, "cannot be fetched: the server answers 404 Not Found; nothing of it was kept"),
        ("half", (ConnectionError, ValueError), "nothing of it was kept"),
        (
            "other",
            ValueError,
            r"b%3D1_c\.json is not the file of the manifest: 23 bytes came, whose sha256 begins with",
        ),
    ],
)
def test_what_breaks_leaves_nothing(small, tmp_path, monkeypatch, mood, error, said):
    monkeypatch.setattr(Repository, "mood", mood)
    with pytest.raises(error, match=said) as caught:
        fetch("small", tmp_path / "cache")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "cache").exists() or everything(tmp_path / "cache") in (
        [], ["small", "small/data", "small/data/a.csv"],
    )  # fmt: skip
    assert not is_here("small", tmp_path / "cache")
    monkeypatch.setattr(Repository, "mood", "well")
    fetch("small", tmp_path / "cache")
    assert located("small", tmp_path / "cache")


@needs_pooch
def test_a_server_that_is_not_there(small, tmp_path, monkeypatch):
    monkeypatch.setitem(MANIFESTS, "small", replace(small, address="http://127.0.0.1:9"))
    with pytest.raises(ConnectionError, match="cannot be fetched: the server cannot be reached"):
        fetch("small", tmp_path / "cache")
    assert everything(tmp_path) == []


def test_without_pooch_it_says_what_to_install(small, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(ValueError, match=r"downloads need pooch.*efficiency-bounds\[data\].*EFFICIENCY_BOUNDS_DATA"):
        fetch("small", tmp_path / "cache")
    assert everything(tmp_path) == []


@needs_pooch
def test_a_file_of_somebody_else_is_replaced_only_when_told(small, tmp_path, monkeypatch):
    folder, _ = fetch("small", tmp_path)
    (folder / "data/a.csv").write_bytes(b"mine")
    with pytest.raises(ValueError, match=r"a\.csv is not the published file: its sha256 begins with"):
        located("small", tmp_path)
    with pytest.raises(ValueError, match="is not the published file; pass --overwrite"):
        fetch("small", tmp_path)
    assert (folder / "data/a.csv").read_bytes() == b"mine"
    assert fetch("small", tmp_path, overwrite=True)[1] == 1
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    own, _ = fetch("small")
    assert own == tmp_path / "home" / "efficiency-bounds" / "small"
    (own / "data/a.csv").write_bytes(b"half")
    assert fetch("small")[1] == 1
    assert located("small") == own


@needs_pooch
def test_a_signal_leaves_nothing_half(small, server, tmp_path, monkeypatch):
    """SIGTERM while a server is slow: the code of the signal, one sentence, and whole files or none."""
    monkeypatch.setattr(Repository, "mood", "slow")
    Repository.asked.clear()
    program = (
        "import sys, experiments.data as data\n"
        "from bounds.cli.shared import run\nfrom experiments.__main__ import main\n"
        f"data.MANIFESTS['small'] = data.Manifest('small', '', 'owner/name', 'c' * 40, '', address={small.address!r}, "
        f"hashes={HASHES!r})\n"
        f"sys.argv = ['experiments', 'fetch', 'small', '--data', {str(tmp_path / 'cache')!r}]\n"
        "run(main, 'experiments')"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True)
    assert Repository.asked.wait(30)
    process.terminate()
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 143, said
    assert said == "error: ended by SIGTERM; nothing half-written was left behind\n"
    left = [path for path in tmp_path.rglob("*") if path.is_file()]  # what was on its way may have arrived
    assert all(path.read_bytes() == FILES[path.relative_to(tmp_path / "cache/small").as_posix()] for path in left)


def test_two_at_once_do_not_write_over_each_other(small, tmp_path):
    refused = []

    def other():
        try:
            fetch("small", tmp_path)
        except ValueError as error:
            refused.append(str(error))

    with locked(tmp_path / "small"):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert "being written by another run" in refused[0]


# ---------------------------------------------------------------- mirrors


@pytest.fixture
def mirror(small, tmp_path, monkeypatch):
    folder = tmp_path / "mirror"
    for path, text in FILES.items():
        (folder / "small" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "small" / path).write_bytes(text)
    monkeypatch.setenv("EFFICIENCY_BOUNDS_DATA", str(folder))
    monkeypatch.setattr(Repository, "mood", "gone")  # nothing is asked of the network
    return folder


def test_a_mirror_is_read_where_it_stands_and_copied_where_that_is_asked(mirror, tmp_path):
    assert data_folder() == mirror
    assert located("small") == mirror / "small"
    folder, came = fetch("small", tmp_path / "copy")
    assert came == 2
    assert located("small", tmp_path / "copy") == folder


def test_a_mirror_is_checked_too(mirror, tmp_path):
    (mirror / "small/data/a.csv").write_bytes(b"n,d\n1,3\n")
    with pytest.raises(ValueError, match=r"mirror/small/data/a\.csv is not the published file"):
        located("small")
    with pytest.raises(ValueError, match=r"mirror/small/data/a\.csv is not the file of the manifest: 8 bytes came"):
        fetch("small", tmp_path / "copy")
    (mirror / "small/data/a.csv").unlink()
    with pytest.raises(ValueError, match=r"a\.csv is missing: run `python -m experiments fetch small`"):
        located("small")
    with pytest.raises(ValueError, match=r"a\.csv is missing from the mirror that EFFICIENCY_BOUNDS_DATA names"):
        fetch("small", tmp_path / "copy")
    assert not any(".tmp" in name or "lock" in name for name in everything(tmp_path))


def test_a_folder_that_is_not_there(small, tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="nowhere, which --data names, is not there: name a folder"):
        located("small", tmp_path / "nowhere")
    monkeypatch.setenv("EFFICIENCY_BOUNDS_DATA", str(tmp_path / "gone"))
    with pytest.raises(ValueError, match="gone, which EFFICIENCY_BOUNDS_DATA names, is not there"):
        located("small")
    monkeypatch.delenv("EFFICIENCY_BOUNDS_DATA")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(ValueError, match="the cache, is not there: run `python -m experiments fetch small`, or name"):
        located("small")
