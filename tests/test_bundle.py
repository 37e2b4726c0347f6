"""The bundle for places without a registry: made from a small project of its own, installed, changed and refused."""

import hashlib
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DEBIAN = shutil.which("dpkg") is not None
PROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "wangge"
version = "7.8.9"
license = "Apache-2.0"
dependencies = ["alpha"]

[tool.setuptools]
packages = ["gis"]
"""
METADATA = """Metadata-Version: 2.1
Name: alpha
Version: 1.0
License: {text}
Classifier: License :: OSI Approved :: BSD License
"""

needs_debian = pytest.mark.skipif(not DEBIAN, reason="a bundle is made on Debian, for the same Debian")


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def alpha(folder: Path) -> Path:
    """Write a wheel of one module whose License field is a whole text."""
    file = folder / "alpha-1.0-py3-none-any.whl"
    info = "alpha-1.0.dist-info"
    with zipfile.ZipFile(file, "w") as wheel:
        wheel.writestr("alpha.py", "ANSWER = 42\n")
        wheel.writestr(f"{info}/METADATA", METADATA.format(text="All may use it. " * 20))
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: us\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", f"alpha.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return file


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout of one module with one locked dependency, whose wheel lies in `offered`."""
    root = tmp_path_factory.mktemp("project")
    offered = root / "offered"
    offered.mkdir()
    wheel = alpha(offered)
    (root / "requirements.lock").write_text(f"alpha==1.0 \\\n    --hash=sha256:{sha256(wheel)}\n")
    (root / "pyproject.toml").write_text(PROJECT)
    (root / "gis").mkdir()
    (root / "gis" / "__init__.py").write_text("import alpha\n")
    (root / "gis" / "__pycache__").mkdir()
    (root / "gis" / "__pycache__" / "old.pyc").write_text("old")
    (root / "data" / "sample").mkdir(parents=True)
    (root / "data" / "sample" / "town.geojson").write_text("{}")
    for name in ("README.md", "LICENSE", "CHANGELOG.md", "data/README.md"):
        (root / name).write_text(name)
    shutil.copytree(ROOT / ".ci", root / ".ci")
    (root / ".venv").symlink_to(ROOT / ".venv")
    return root


def make(project: Path, folder: str) -> Path:
    """Make the bundle without Debian packages, from `offered` alone; give the archive."""
    alone = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(project / "offered"), "PIP_CONFIG_FILE": os.devnull}
    environment = {name: text for name, text in os.environ.items() if not name.startswith("PIP_")} | alone
    done = subprocess.run(
        [project / ".ci" / "bundle", "--without-debs", folder],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (archive,) = (project / folder).iterdir()
    return archive


@pytest.fixture(scope="module")
def archive(project: Path) -> Path:
    """The bundle of the small project."""
    return make(project, "out")


@pytest.fixture
def bundle(archive: Path, tmp_path: Path) -> Path:
    """The unpacked bundle."""
    subprocess.run(["tar", "-xzf", archive, "-C", tmp_path], check=True)
    (folder,) = tmp_path.iterdir()
    return folder


def install(bundle: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([bundle / "install"], capture_output=True, text=True, check=False)


def sums(bundle: Path) -> dict[str, str]:
    lines = (bundle / "SHA256SUMS").read_text().splitlines()
    return {name: digest for digest, name in (line.split("  ", 1) for line in lines)}


@needs_debian
def test_the_archive_is_named_for_version_and_target_and_lists_every_file(archive: Path, bundle: Path) -> None:
    target = (bundle / "target").read_text().strip()
    assert archive.name == f"wangge-7.8.9-{target}.tar.gz"
    assert bundle.name == archive.name.removesuffix(".tar.gz")
    files = {str(path.relative_to(bundle)) for path in bundle.rglob("*") if path.is_file()}
    assert set(sums(bundle)) == files - {"SHA256SUMS"}
    assert all(sha256(bundle / name) == digest for name, digest in sums(bundle).items())
    assert {"install", "README.md", "licences.tsv", "data/sample/town.geojson"} < files


@needs_debian
def test_the_bundle_holds_every_locked_requirement_and_the_project_by_hash(bundle: Path, project: Path) -> None:
    wheels = {path.name: sha256(path) for path in (bundle / "wheels").iterdir()}
    assert set(wheels) == {"alpha-1.0-py3-none-any.whl", "wangge-7.8.9-py3-none-any.whl"}
    required = (bundle / "requirements.txt").read_text()
    assert required.startswith((project / "requirements.lock").read_text())
    assert required.splitlines()[-1] == f"wangge==7.8.9 --hash=sha256:{wheels['wangge-7.8.9-py3-none-any.whl']}"
    with zipfile.ZipFile(bundle / "wheels" / "wangge-7.8.9-py3-none-any.whl") as wheel:
        assert [name for name in wheel.namelist() if not name.startswith("wangge-")] == ["gis/__init__.py"]


@needs_debian
def test_each_wheel_stands_with_its_licence(bundle: Path) -> None:
    assert (bundle / "licences.tsv").read_text().splitlines() == [
        "wheel\tversion\tlicence",
        "alpha\t1.0\tBSD License",
        "wangge\t7.8.9\tApache-2.0",
    ]


@needs_debian
def test_the_same_inputs_give_the_same_bytes(archive: Path, project: Path) -> None:
    (project / "README.md").touch()
    assert sha256(make(project, "again")) == sha256(archive)


@needs_debian
def test_the_bundle_installs_once_from_its_own_files_alone(bundle: Path) -> None:
    first = install(bundle)
    assert first.returncode == 0, first.stderr
    python = bundle / ".venv" / "bin" / "python"
    said = subprocess.run(
        [python, "-c", "import gis; print(gis.alpha.ANSWER, gis.__file__)"],
        cwd=bundle,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.split() == ["42", str(next(bundle.rglob("site-packages")) / "gis" / "__init__.py")]
    made = python.lstat().st_mtime_ns
    assert install(bundle).returncode == 0
    assert python.lstat().st_mtime_ns == made


@needs_debian
@pytest.mark.parametrize("name", ["wheels/alpha-1.0-py3-none-any.whl", "requirements.txt", "packages"])
def test_a_changed_byte_is_refused_and_nothing_is_installed(bundle: Path, name: str) -> None:
    content = bytearray((bundle / name).read_bytes())
    content[len(content) // 2] ^= 1
    (bundle / name).write_bytes(content)
    done = install(bundle)
    assert done.returncode == 1
    assert name in done.stderr
    assert "nothing was installed" in done.stderr
    assert not (bundle / ".venv").exists()


@needs_debian
def test_what_an_installer_would_run_is_checked_before_it_runs(bundle: Path) -> None:
    with (bundle / "packages").open("a") as packages:
        packages.write("touch ran\n(\n")
    done = install(bundle)
    assert done.returncode == 1
    assert "nothing was installed" in done.stderr
    assert not (bundle / "ran").exists()


@needs_debian
@pytest.mark.parametrize("name", ["SHA256SUMS", "wheels/alpha-1.0-py3-none-any.whl", "target"])
def test_a_bundle_without_one_of_its_files_is_refused(bundle: Path, name: str) -> None:
    (bundle / name).unlink()
    done = install(bundle)
    assert done.returncode == 1
    assert name in done.stderr
    assert not (bundle / ".venv").exists()


@needs_debian
def test_a_machine_that_the_bundle_is_not_for_is_refused(bundle: Path) -> None:
    (bundle / "target").write_text("debian99-s390x\n")
    listed = sums(bundle) | {"target": sha256(bundle / "target")}
    (bundle / "SHA256SUMS").write_text("".join(f"{digest}  {name}\n" for name, digest in listed.items()))
    done = install(bundle)
    assert done.returncode == 1
    assert "debian99-s390x" in done.stderr
