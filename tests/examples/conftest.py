"""One demonstration for all tests of the examples, without the local model."""

import pytest

from shipworthy.workbench.demonstration import Demonstration, demonstrate


@pytest.fixture(scope="session")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Demonstration:
    return demonstrate(tmp_path_factory.mktemp("demo") / "demo", with_model=False)
