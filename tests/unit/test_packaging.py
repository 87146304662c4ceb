"""The wheel: what it carries, what it leaves out, and that it works where it is unpacked."""

from __future__ import annotations

import shutil
import subprocess
import sys
from configparser import ConfigParser
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from zipfile import ZipFile

import pytest

from ordersetup import __version__
from ordersetup.bundle import bundle

ROOT = Path(__file__).parents[2]
PARTS = ("ordersetup", "handlers", "tests", "docs")
FILES = ("setup.cfg", "pyproject.toml", "README.md", "LICENSE")


def setuptools_major() -> int:
    """setuptools' own, since the wheel is built without a network to fetch another from."""
    try:
        return int(version("setuptools").partition(".")[0])
    except PackageNotFoundError:
        return 0


needs_backend = pytest.mark.skipif(
    setuptools_major() < 80, reason="building a wheel offline needs setuptools >= 80 installed"
)


def run(*words: str | Path, folder: Path) -> str:
    done = subprocess.run(  # noqa: S603 - our own words
        words, cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    """Built from a copy, so that nothing is left in the tree and nothing stale gets in."""
    tree = tmp_path_factory.mktemp("tree")
    for part in PARTS:
        if (ROOT / part).exists():
            ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(ROOT / part, tree / part, ignore=ignored)
    for file in FILES:
        shutil.copy(ROOT / file, tree)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--no-index")
    run(*pip, "--no-deps", "--no-build-isolation", "--wheel-dir", tree, tree, folder=tree)
    [built] = tree.glob("*.whl")
    return ZipFile(built)


def metadata(wheel: ZipFile, name: str) -> str:
    return wheel.read(f"ordersetup-{__version__}.dist-info/{name}").decode()


@needs_backend
class TestWheel:
    def test_it_carries_every_module_and_the_handlers(self, wheel: ZipFile) -> None:
        here = {
            *(f"ordersetup/{p.relative_to(ROOT / 'ordersetup')}" for p in _sources("ordersetup")),
            *(f"ordersetup/handlers/{p.name}" for p in _sources("handlers")),
        }
        assert "ordersetup/handlers/process_order.py" in here
        assert {name for name in wheel.namelist() if name.endswith(".py")} == here
        assert "ordersetup/py.typed" in wheel.namelist()

    def test_it_puts_nothing_but_itself_into_site_packages(self, wheel: ZipFile) -> None:
        tops = {name.partition("/")[0] for name in wheel.namelist()}
        assert tops == {"ordersetup", f"ordersetup-{__version__}.dist-info"}
        assert metadata(wheel, "top_level.txt").split() == ["ordersetup"]

    def test_it_installs_the_command(self, wheel: ZipFile) -> None:
        assert metadata(wheel, "entry_points.txt").split("\n")[:2] == [
            "[console_scripts]",
            "ordersetup = ordersetup.__main__:main",
        ]

    def test_its_licence_goes_along(self, wheel: ZipFile) -> None:
        assert any(name.endswith("/LICENSE") for name in wheel.namelist())
        assert f"\nVersion: {__version__}\n" in metadata(wheel, "METADATA")

    def test_unpacked_anywhere_it_finds_the_same_handlers(
        self, wheel: ZipFile, tmp_path: Path
    ) -> None:
        wheel.extractall(tmp_path)
        script = (
            "import sys; sys.path.insert(0, sys.argv[1])\n"
            "from ordersetup.bundle import bundle, handlers_folder\n"
            "print(handlers_folder()); print(bundle().sha256)\n"
        )
        # Without site-packages, or this very checkout might be found instead.
        out = run(sys.executable, "-I", "-S", "-c", script, tmp_path, folder=tmp_path)
        assert out.splitlines() == [str(tmp_path / "ordersetup" / "handlers"), bundle().sha256]


def test_every_package_of_the_handlers_and_ours_is_listed_once() -> None:
    config = ConfigParser()
    config.read(ROOT / "setup.cfg")
    packages = config["options"]["packages"].split()
    assert len(packages) == len(set(packages))
    assert config["options"]["package_dir"].split("\n")[1:] == ["ordersetup.handlers = handlers"]


def _sources(folder: str) -> list[Path]:
    return [p for p in (ROOT / folder).rglob("*.py") if "__pycache__" not in p.parts]
