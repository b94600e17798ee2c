"""What an installer, an index and a type checker are told about the package, from a wheel built of this tree."""

import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

import pytest
from packaging.metadata import Metadata
from packaging.specifiers import SpecifierSet
from trove_classifiers import classifiers

ROOT = Path(__file__).parent.parent
PYTHON = "Programming Language :: Python :: "
BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def packages() -> set[str]:
    """The top-level packages that are shipped."""
    patterns = PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]
    return {
        path.name for pattern in patterns for path in ROOT.glob(pattern) if (path / "__init__.py").exists()
    }


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZipFile]:
    """The wheel, built from a copy: the build leaves files behind."""
    tree = tmp_path_factory.mktemp("tree")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    for name in packages():
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([sys.executable, "-c", BUILD, "dist"], cwd=tree, check=True)
    with ZipFile(next(tree.glob("dist/*.whl"))) as built:
        yield built


@pytest.fixture(scope="module")
def metadata(wheel: ZipFile) -> Metadata:
    """The metadata, which raises when a field does not fit the specification."""
    name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return Metadata.from_email(wheel.read(name), validate=True)


def test_the_metadata_is_whole(metadata: Metadata) -> None:
    assert (metadata.name, metadata.license_expression, metadata.author) == (
        "palsbot",
        "MIT",
        "The palsbot authors",
    )
    assert metadata.license_files == ["LICENSE"]
    assert metadata.summary
    assert metadata.keywords
    assert metadata.description_content_type == "text/markdown"
    assert metadata.description == (ROOT / "README.md").read_text(encoding="utf-8")
    assert metadata.project_urls == {
        "Homepage": "https://palsbot.example",
        "Documentation": "https://palsbot.example/docs",
        "Source": "https://palsbot.example/source",
        "Issues": "https://palsbot.example/issues",
        "Changelog": "https://palsbot.example/changelog",
    }


def test_every_classifier_is_one(metadata: Metadata) -> None:
    given = metadata.classifiers or []
    assert set(given) - set(classifiers) == set()
    assert given == sorted(set(given))


def test_the_classified_pythons_are_those_that_may_install_it(metadata: Metadata) -> None:
    """And no older one; CI reads them from the classifiers."""
    required = metadata.requires_python
    named = {name.removeprefix(PYTHON) for name in metadata.classifiers or [] if name.startswith(PYTHON)}
    assert named == {"3 :: Only", "3.11", "3.12", "3.13"}
    assert required == SpecifierSet(">=3.11")


def test_every_package_that_is_typed_says_so(metadata: Metadata, wheel: ZipFile) -> None:
    """Typed is what mypy checks, strictly."""
    assert "Typing :: Typed" in (metadata.classifiers or [])
    marked = {PurePosixPath(name).parent.name for name in wheel.namelist() if name.endswith("/py.typed")}
    assert marked == packages()
    assert packages() <= set(PROJECT["tool"]["mypy"]["packages"])


def test_every_file_of_a_package_is_shipped(wheel: ZipFile) -> None:
    here = {
        path.relative_to(ROOT).as_posix()
        for name in packages()
        for path in (ROOT / name).rglob("*")
        if path.is_file() and not path.name.startswith(".") and "__pycache__" not in path.parts
    }
    shipped = {name for name in wheel.namelist() if not name.split("/")[0].endswith(".dist-info")}
    assert shipped == here


def test_the_licence_is_shipped(wheel: ZipFile) -> None:
    text = next(wheel.read(name).decode() for name in wheel.namelist() if name.endswith("/LICENSE"))
    assert text.startswith("MIT License\n\nCopyright the palsbot authors\n")
