"""What holds for every embedder: the packaged one, a hosted one over HTTP, and the stand-in of the tests."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from shipworthy.core.errors import MissingExtraError
from shipworthy.gateway.adapters.compatible import ServedModel
from shipworthy.gateway.adapters.embeddings import EmbeddingsModel, HostedEmbedder
from shipworthy.gateway.budget import Budget
from shipworthy.gateway.calls import Caller
from shipworthy.gateway.embedding import Embedder, MiniLM
from shipworthy.gateway.limits import Limiter
from shipworthy.gateway.permits import Permit
from tests.fakes.embedders import WordEmbedder
from tests.servers import EmbeddingServer
from tests.support import require


def hosted(url: str) -> HostedEmbedder:
    permit = Permit.to(url, named_in="the test")
    model = EmbeddingsModel(ServedModel(title="house:m", url=url, name="m", permit=permit))
    return HostedEmbedder(Caller(model, limiter=Limiter(4), budget=Budget()))


@pytest.fixture(params=["packaged", "hosted", "stand-in"])
def embedder(request: pytest.FixtureRequest) -> Iterator[Embedder]:
    if request.param == "stand-in":
        yield WordEmbedder()
    elif request.param == "hosted":
        with EmbeddingServer() as server:
            yield hosted(f"{server.url}/v1")
    else:
        try:
            packaged = MiniLM()
        except MissingExtraError:
            require("embeddings", "the extra 'embeddings' is not installed")
            raise
        yield packaged


def test_every_text_gets_a_unit_vector_of_the_same_length(embedder: Embedder) -> None:
    vectors = embedder.embed(["annual leave", "the notice period", "annual leave"])
    assert vectors.dtype == np.float32
    assert vectors.shape[0] == 3
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1], abs=1e-5)
    assert vectors[0] @ vectors[2] == pytest.approx(1, abs=0.01)  # the packaged one scales 8-bit by batch


def test_vectors_come_in_the_order_of_the_texts_however_many_there_are(embedder: Embedder) -> None:
    texts = [f"{word} days of {word}" for word in ("leave", "notice", "travel", "salary", "parking") * 16]
    vectors = embedder.embed(texts)
    for place in (0, 1, 33, 79):
        closest = int(np.argmax(vectors @ embedder.embed([texts[place]])[0]))
        assert texts[closest] == texts[place]


def test_no_text_no_vector(embedder: Embedder) -> None:
    assert embedder.embed([]).shape[0] == 0


def test_empty_hostile_and_endless_texts_get_finite_vectors(embedder: Embedder) -> None:
    texts = ["", " \n", "\x00", "word " * 50_000, "🙂" * 10, "half of a pair: \ud83d", '"}], {"model": "x"']
    vectors = embedder.embed(texts)
    assert vectors.shape[0] == len(texts)
    assert np.isfinite(vectors).all()


def test_name_and_version_are_known_beforehand_and_stay(embedder: Embedder) -> None:
    before = embedder.name, embedder.version
    embedder.embed(["a text"])
    assert (embedder.name, embedder.version) == before
    assert all(before)
