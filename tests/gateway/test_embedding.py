"""The packaged embedding model."""

import numpy as np
import pytest

from shipworthy.core.errors import MissingExtraError
from shipworthy.gateway.embedding import MiniLM
from tests.support import require


@pytest.fixture(scope="module")
def embedder() -> MiniLM:
    try:
        return MiniLM()
    except MissingExtraError:
        require("embeddings", "the extra 'embeddings' is not installed")
        raise


def test_texts_that_mean_the_same_are_closer_than_texts_that_do_not(embedder: MiniLM) -> None:
    vectors = embedder.embed(
        ["I want my money back", "please refund me", "the weather is nice in Lisbon today"]
    )
    same, other = vectors[0] @ vectors[1], vectors[0] @ vectors[2]
    assert same > other + 0.2


def test_a_vector_has_length_one_and_does_not_depend_on_its_neighbours(embedder: MiniLM) -> None:
    text = "the app crashes when I open the settings page"
    alone = embedder.embed([text])
    among = embedder.embed(["short", text, "a much longer text " * 40])
    assert np.linalg.norm(alone[0]) == pytest.approx(1, abs=1e-5)
    assert alone[0] @ among[1] == pytest.approx(1, abs=0.01)  # 8-bit arithmetic scales by batch


def test_empty_hostile_and_endless_texts_still_get_vectors(embedder: MiniLM) -> None:
    vectors = embedder.embed(
        [
            "",
            "\x00",
            "word " * 50_000,
            "🙂" * 10,
            "\ud83d".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
        ]
    )
    assert np.isfinite(vectors).all()
    assert embedder.embed([]).shape == (0, 384)
