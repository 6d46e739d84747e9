"""The published data sets: where each file stands at one commit, its sha256, its licence; none of them is carried.

| where                        | what                                                                     |
|------------------------------|--------------------------------------------------------------------------|
| ``EFFICIENCY_BOUNDS_DATA``   | a local mirror, ``<data set>/<upstream path>``; read in place            |
| the cache of the user        | what ``python -m experiments fetch`` downloaded, laid out likewise       |
| ``experiments/manifests``    | sha256 and path of every file, in the format of ``sha256sum``            |

A file is compared with its hash whenever an experiment reads it, wherever it comes from. A download is written beside
the folder of its data set, compared, and moved into place one file at a time, so that what is there is whole.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote

from bounds.base.arguments import printable, unknown
from bounds.base.keeping.hidden import discard, hidden_folder, tidy
from bounds.base.keeping.locks import locked
from bounds.base.telling.html import html_fields

VARIABLE = "EFFICIENCY_BOUNDS_DATA"
"""The environment variable that names a local mirror."""

RAW = "https://raw.githubusercontent.com"
_AT_ONCE = 8
"""Downloads at a time."""
_SECONDS = 30.0
"""For so long a server may be silent."""


@dataclass(frozen=True)
class Manifest:
    """A data set: the files of a repository at one commit, or tables made from them (`made`), which have no address.

    `key` is its folder in a mirror. `licence` is what the repository says at that commit.
    """

    key: str
    text: str
    repository: str
    commit: str
    licence: str
    made: bool = False
    address: str = RAW
    hashes: Mapping[str, str] | None = None

    _repr_html_ = html_fields

    @property
    def files(self) -> Mapping[str, str]:
        """The sha256 of each file by its upstream path: `hashes`, else the list of that key in ``manifests``."""
        return _hashes(self.key) if self.hashes is None else self.hashes

    def url(self, path: str) -> str:
        """Where a file stands at the commit; ValueError where it has no public address."""
        if self.made:
            raise ValueError(
                f"{self.key} has no public address: {self.text}; set {VARIABLE} to a mirror that holds {self.key}/"
            )
        return f"{self.address}/{self.repository}/{self.commit}/{quote(path)}"

    def to_json(self) -> dict[str, str]:
        """Source, commit and licence, for a provenance."""
        return {"repository": self.repository, "commit": self.commit, "licence": self.licence}


@cache
def _hashes(key: str) -> dict[str, str]:
    path = Path(__file__).parent / "manifests" / f"{key.replace('/', '_')}.sha256"
    pairs = (line.split("  ", 1) for line in path.read_text(encoding="utf-8").splitlines())
    return {name: digest for digest, name in pairs}


MANIFESTS = {
    one.key: one
    for one in (
        Manifest(
            "chinchilla", "245 runs of figure 4 of Hoffmann et al. 2022, as extracted by Besiroglu et al. 2024",
            "epoch-research/analyzing-chinchilla", "92258837425e1b5f2851d624287f0120583a3d0e", "none in the repository",
        ),
        Manifest(
            "gadre", "104 models and their evaluations, Gadre et al. 2024",
            "mlfoundations/scaling", "a003c4913793ac2ae7ef87b28ecb562955d026d5", "MIT",
        ),
        Manifest(
            "pythia", "672 evaluations of 16 models along training, Biderman et al. 2023",
            "EleutherAI/pythia", "a19eecb807ec2c79a39ebf18108816e6ffffc1d5", "Apache-2.0",
        ),
        Manifest(
            "opt", "vector figures of the training trajectories of OPT, Xia et al. 2022",
            "xiamengzhou/training_trajectory_analysis", "ece0cb17093738b50212f37d647a0aef36ec0b8d",
            "none in the repository",
        ),
        Manifest(
            "loss_to_loss", "runs on six corpora, loss-to-loss scaling",
            "KempnerInstitute/loss-to-loss-notebooks", "457ce81a019019bc3981937c20a70c52f5fad436",
            "none in the repository",
        ),
        Manifest(
            "isoflops", "isoFLOP runs of Marin and Llama 3",
            "Open-Athena/scaling-law-analysis", "3e0656ee3dce1a2c89aa67691920f5eb9d30f0fc", "none in the repository",
        ),
        Manifest(
            "runs/porian", "tables made from the pickles of Porian et al. 2024",
            "formll/resolving-scaling-law-discrepancies", "0dc60d91b8a525858a3067fc9e4a46ff5374cc6f", "MIT", made=True,
        ),
        Manifest(
            "bloom", "tables made from the notes and evaluations of BLOOM, Le Scao et al. 2022",
            "bigscience-workshop/bigscience", "9e64edec2ad1fb9263bf39ba616a84ff64b4d947", "Apache-2.0", made=True,
        ),
        Manifest(
            "corpora", "five corpora prepared from public texts, each with a licence of its own",
            "several", "several", "of each corpus its own", made=True,
        ),
    )
}  # fmt: skip
"""The data sets by key."""


def get_manifest(key: str) -> Manifest:
    """The manifest of `key`; ValueError, with the nearest name, where there is no such data set."""
    if key not in MANIFESTS:
        raise unknown("data set", key, MANIFESTS)
    return MANIFESTS[key]


def mirror() -> Path | None:
    """The local mirror that the environment names; None where it names none."""
    return Path(named) if (named := os.environ.get(VARIABLE)) else None


def cache_folder() -> Path:
    """Where downloads are kept: the cache of the user for this program."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "efficiency-bounds"


def data_folder(folder: str | Path | None = None) -> Path:
    """The folder of the data sets: `folder`, else the mirror that the environment names, else the cache."""
    return Path(folder) if folder is not None else mirror() or cache_folder()


def is_here(key: str, folder: str | Path | None = None) -> bool:
    """Whether all files of a data set stand in `folder`; their hashes are not looked at."""
    root = data_folder(folder) / key
    return all((root / path).is_file() for path in get_manifest(key).files)


def located(key: str, folder: str | Path | None = None) -> Path:
    """The folder of a data set, with every file compared with its hash.

    ValueError, with one sentence that names the file, where one is missing or another one than was published.
    """
    manifest, base = get_manifest(key), checked_folder(folder)
    root = base / key
    if not base.is_dir():
        raise ValueError(f"{printable(str(base))}, the cache, is not there: {_how_to_get(key, folder)}")
    if not root.is_dir():
        raise ValueError(
            f"{printable(str(base))}{_named_by(folder)} holds no folder {key}, where the {len(manifest.files)} "
            f"file{'s' * (len(manifest.files) != 1)} of that data set must be: {_how_to_get(key, folder)}"
        )
    for path in manifest.files:
        if not (root / path).is_file():
            raise ValueError(f"{printable(str(root / path))} is missing: {_how_to_get(key, folder)}")
        check_file(manifest, root, path)
    return root


def checked_folder(folder: str | Path | None = None) -> Path:
    """The folder of the data sets, as `data_folder`; ValueError where one that somebody named is no folder."""
    base = data_folder(folder)
    if not base.is_dir() and base != cache_folder():
        what = "is no folder" if base.exists() else "is not there"
        raise ValueError(
            f"{printable(str(base))}{_named_by(folder)} {what}: name a folder that holds data sets, each in a folder "
            f"of its own name such as {next(iter(MANIFESTS))}, or leave it out for {printable(str(cache_folder()))}"
        )
    return base


def _named_by(folder: str | Path | None) -> str:
    """Who named the folder of the data sets."""
    return ", which --data names," if folder is not None else f", which {VARIABLE} names," if mirror() else ""


def _how_to_get(key: str, folder: str | Path | None = None) -> str:
    there = f"name the folder that holds it with --data or {VARIABLE}"
    if get_manifest(key).made:
        return f"{key} has no public address; {there}"
    into = "" if folder is None else f" --data {shlex.quote(str(folder))}"
    return f"run `python -m experiments fetch {key}{into}`, or {there}"


def check_file(manifest: Manifest, root: Path, path: str) -> None:
    """Compare a file in `root` with its hash; ValueError where it is another."""
    wanted = manifest.files[path]
    found = _sha256(root / path)
    if found != wanted:
        raise ValueError(
            f"{printable(str(root / path))} is not the published file: its sha256 begins with {found[:12]}, that of "
            f"{manifest.repository} at {manifest.commit[:12]} with {wanted[:12]}; delete it and fetch it again"
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fetch(
    key: str,
    folder: str | Path | None = None,
    *,
    overwrite: bool = False,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> tuple[Path, int]:
    """Bring a data set into `folder` (the cache); its folder there, and how many files came.

    They come from the mirror that the environment names, else from the public repository. Files that are there and
    whole are left as they are; others are replaced in the cache or with `overwrite`. Raises ValueError where a file
    that comes is not the published one, and ConnectionError where a server does not give it: the files that had come
    before stay, and nothing else.
    """
    manifest, base = get_manifest(key), Path(folder) if folder is not None else cache_folder()
    root, may_replace = base / key, overwrite or folder is None
    wanted = [path for path in manifest.files if not _whole(manifest, root, path, may_replace)]
    if not wanted:
        return root, 0
    take = _taker(manifest)
    with _folder_for(root), locked(root) as first:
        if first:
            tidy(root)
        part = hidden_folder(root)
        try:
            _bring(manifest, wanted, take, part, root, progress)
        finally:
            discard(part, root)
    return root, len(wanted)


def _whole(manifest: Manifest, root: Path, path: str, may_replace: bool) -> bool:
    """Whether a file is there as it was published; ValueError where another stands there that may not be replaced."""
    if not (root / path).is_file():
        return False
    try:
        check_file(manifest, root, path)
    except ValueError:
        if not may_replace:
            raise ValueError(
                f"{printable(str(root / path))} is not the published file; pass --overwrite to replace it"
            ) from None
        return False
    return True


@contextmanager
def _folder_for(root: Path) -> Iterator[None]:
    """Make the folder above `root`, and take back what of it is empty when nothing came."""
    made = []
    for folder in reversed([root.parent, *root.parent.parents]):
        if not folder.is_dir():
            folder.mkdir()
            made.append(folder)
    try:
        yield
    finally:
        with suppress(OSError):  # what holds something stays
            for folder in reversed(made):
                folder.rmdir()


def _bring(
    manifest: Manifest,
    wanted: list[str],
    take: Callable[[str, Path], None],
    part: Path,
    root: Path,
    progress: Callable[[int, int], None],
) -> None:
    """Take the files into `part`, several at once, and move each to its place once its hash is right."""

    def bring(path: str) -> None:
        take(path, part)
        check_arrived(manifest, part, path)
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        os.replace(part / path, root / path)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        waiting = [pool.submit(bring, path) for path in wanted]
        try:
            for done, one in enumerate(as_completed(waiting), 1):
                one.result()
                progress(done, len(wanted))
        finally:
            pool.shutdown(cancel_futures=True)


def check_arrived(manifest: Manifest, part: Path, path: str) -> None:
    """Compare what came with its hash; ValueError where it is another, in the words of a download."""
    found, wanted = _sha256(part / path), manifest.files[path]
    if found != wanted:
        origin = manifest.url(path) if (source := mirror()) is None else source / manifest.key / path
        raise ValueError(
            f"{printable(str(origin))} is not the file of the manifest: {(part / path).stat().st_size} bytes came, "
            f"whose sha256 begins with {found[:12]} and not with {wanted[:12]}; nothing of it was kept"
        )


def _taker(manifest: Manifest) -> Callable[[str, Path], None]:
    """What brings one file to the same path in a folder: from the mirror if there is one, else by pooch."""
    source = mirror()
    if source is not None:
        return lambda path, part: _copy(source / manifest.key / path, part / path, manifest.key)
    manifest.url("")
    try:
        import pooch
    except ImportError:
        raise ValueError(
            "downloads need pooch, which the extra data brings: pip install 'efficiency-bounds[data]'; or set "
            f"{VARIABLE} to a local mirror"
        ) from None
    pooch.get_logger().setLevel("ERROR")
    return lambda path, part: _download(manifest.url(path), part / path)


def _copy(source: Path, target: Path, key: str) -> None:
    if not source.is_file():
        raise ValueError(f"{printable(str(source))} is missing from the mirror that {VARIABLE} names for {key}")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _download(url: str, target: Path) -> None:
    import pooch
    from requests.exceptions import RequestException

    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        pooch.retrieve(
            url,
            known_hash=None,
            fname=target.name,
            path=target.parent,
            downloader=pooch.HTTPDownloader(timeout=_SECONDS),
        )
    except RequestException as error:
        raise ConnectionError(f"{url} cannot be fetched: {_why(error)}; nothing of it was kept") from None


def _why(error: Exception) -> str:
    """The reason of a failed download in few words."""
    response = getattr(error, "response", None)
    if response is not None:
        return f"the server answers {response.status_code} {response.reason}".strip()
    return {
        "ConnectTimeout": "the server does not answer", "ReadTimeout": "the server does not answer",
        "ConnectionError": "the server cannot be reached", "ProxyError": "the proxy cannot be reached",
        "ChunkedEncodingError": "the connection broke off", "SSLError": "its certificate is not trusted",
    }.get(type(error).__name__, type(error).__name__)  # fmt: skip
