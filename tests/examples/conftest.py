"""The example is loaded as the command line loads it: by its path, with its folder on the path for its neighbours."""

import importlib.util
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest

CODE_SURVEY = Path(__file__).parents[2] / "examples" / "code_survey"

sys.path.append(str(CODE_SURVEY))


@pytest.fixture(scope="session")
def code_survey() -> ModuleType:
    """The module `flow.py`."""
    spec = importlib.util.spec_from_file_location("code_survey_flow", CODE_SURVEY / "flow.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def plant(tmp_path: Path):
    """Write a tree of files, and return its root."""

    def write(files: Mapping[str, str | bytes], root: Path = tmp_path / "tree") -> Path:
        root.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return root

    return write


class Stranger:
    """Somebody whom permissions stop: the superuser takes the part of another user for a while.

    Args:
        folder: A folder that the stranger can get to.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def __call__(self) -> Iterator[None]:
        if os.geteuid():
            yield
            return
        os.seteuid(65534)  # "nobody", for every thread of this process
        try:
            yield
        finally:
            os.seteuid(0)


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    """Somebody whom permissions stop, even where the tests run as the superuser."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        folder.chmod(0o755)
        yield Stranger(folder / "tree")
