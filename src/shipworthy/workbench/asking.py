"""Documents that are ready to be asked: a feature's, an index's, or those of a folder."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from shipworthy.apps.answer.answering import Answerer, Event, Finished
from shipworthy.apps.answer.confidence import Confidence
from shipworthy.apps.answer.conversation import Turn
from shipworthy.apps.answer.library import GivenPassages, Library
from shipworthy.apps.answer.selecting import Reader
from shipworthy.core.errors import UserError, Where, WorkspaceError
from shipworthy.workbench.runs import AS_USUAL, model_desk, repeatable
from shipworthy.workbench.runs import Asking as ModelCalls

if TYPE_CHECKING:
    from types import TracebackType

    from shipworthy.apps.answer.candidate import AnswerSettings
    from shipworthy.evals.jobs.desk import ModelDesk
    from shipworthy.gateway.model import Model
    from shipworthy.workbench.indexes import Indexed
    from shipworthy.workbench.workspace import Workspace

__all__ = ["NO_DOCUMENTS", "Asking", "feature_embeddings"]

_SHOWN = 20

NO_DOCUMENTS = "-"
"""Written in place of a feature: each question brings its passages."""


class Asking:
    """Documents that are ready to be asked; a context manager.

    Args:
        target: A feature, a folder with an index, a folder of documents, or ``-`` for questions that bring
            their passages.
        start: A folder in or below the workspace.
        model: The model that somebody named; None answers with the documents' own sentences.
        meaning: Whether meanings are compared too; None: where the model for it is installed. False also
            searches the documents by words only.
        calls: How models are asked: budget, leave to send personal data.

    Raises:
        UserError: there are no such documents, or a model cannot be used.
    """

    def __init__(
        self,
        target: str,
        *,
        start: Path,
        model: str | None = None,
        meaning: bool | None = None,
        calls: ModelCalls = AS_USUAL,
    ) -> None:
        self._stack = ExitStack()
        self._cached = False
        self.notices: list[str] = []
        """What a person should know: files that cannot be read, documents that were read only for now."""
        self._runner = self._stack.enter_context(asyncio.Runner())
        try:
            self.answerer = self._made(target, start, model=model, meaning=meaning, calls=calls)
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the index and of the model."""
        if self.answerer.model is not None:
            self._runner.run(self.answerer.model.close())
        self._stack.close()

    @property
    def how(self) -> str:
        """The model that writes, or ``quoted``."""
        return "quoted" if self.answerer.model is None else self.answerer.model.id

    def events(self, question: str, earlier: Sequence[Turn] = ()) -> Iterator[Event]:
        """What happens, as it happens; :class:`Finished` comes last.

        Raises:
            DataError: the question is empty or too long.
            EnvironmentFailure: the model cannot be reached.
        """
        yield from self._steps(self.answerer, question, earlier)

    def answer(
        self,
        question: str,
        earlier: Sequence[Turn] = (),
        *,
        library: Library | None = None,
    ) -> Finished:
        """The whole answer.

        Raises:
            DataError: the question is empty or too long.
            EnvironmentFailure: the model cannot be reached.
        """
        answerer = self.answerer if library is None else replace(self.answerer, library=library)
        *_, last = self._steps(answerer, question, earlier)
        assert isinstance(last, Finished)
        return last

    def _steps(self, answerer: Answerer, question: str, earlier: Sequence[Turn]) -> Iterator[Event]:
        steps = answerer.events(question, earlier)

        async def step() -> Event | None:
            return await anext(steps, None)

        with repeatable(cached=self._cached):
            while (event := self._runner.run(step())) is not None:
                yield event

    def _made(
        self, target: str, start: Path, *, model: str | None, meaning: bool | None, calls: ModelCalls
    ) -> Answerer:
        from shipworthy.apps.answer.candidate import AnswerSettings
        from shipworthy.apps.answer.meanings import embedder_if_there
        from shipworthy.workbench.settings import workspace_around

        workspace = workspace_around(start)
        desk = model_desk(workspace, calls, self.notices.append)
        opened = self._opened(desk, model)
        feature = _Feature.found(workspace, target)
        settings = AnswerSettings() if feature is None else feature.settings
        embedder = embedder_if_there(wanted=settings.meanings if meaning is None else meaning)
        reader = Reader(embedder=embedder)
        library = self._library(target, start, feature, desk, by_words=meaning is False)
        answerer = Answerer(library=library, reader=reader, k=settings.k)
        if feature is not None:
            answerer.confidence = feature.confidence(answerer)
        answerer.model = opened
        return answerer

    def _opened(self, desk: ModelDesk, named: str | None) -> Model | None:
        """The model, before anything is read: a name or a price that will not do is told at once."""
        if named is None:
            return None
        from shipworthy.gateway.specs import model_spec

        spec = model_spec(named, named_in="--model", servers=desk.conduct.servers)
        if spec.leaves_the_machine:
            self.notices.append(
                f"The question and the sentences found are sent to {spec.title}, which was named."
            )
        self._cached = desk.conduct.cache is not None
        return self._stack.enter_context(desk.opened(spec))

    def _library(
        self, target: str, start: Path, feature: _Feature | None, desk: ModelDesk, *, by_words: bool
    ) -> Library:
        from shipworthy.retrieval.index import Index
        from shipworthy.workbench.indexes import index_documents, index_folder, open_index

        if target == NO_DOCUMENTS:
            return GivenPassages([])
        if feature is not None and feature.documents is not None:
            kept = index_folder(feature.workspace, target)
            if not Index.exists(kept):
                # Without questions it is searched by words: nobody is paid to read it for that.
                meaning = None if feature.settings.embeddings is None else False
                self._note(index_documents(feature.documents, into=kept, meaning=meaning))
        elif feature is None and Path(target).is_dir() and not Index.exists(Path(target)):
            return self._read_now(Path(target))
        try:
            index = open_index(target, start=start, desk=desk, mode="lexical" if by_words else None)
        except WorkspaceError as error:
            message = f"There is no folder {target!r}, and no workspace with such a feature."
            raise UserError(message, hint=error.hint) from None
        self._stack.callback(index.close)
        if feature is not None:
            self._note_other_embeddings(feature, index.made_with)
        return index

    def _note_other_embeddings(self, feature: _Feature, made_with: str | None) -> None:
        named = feature.settings.embeddings
        if named is not None and named != made_with:
            self.notices.append(
                f"feature.yaml names {named} to read by meaning, and did not read this index yet. Next: "
                f"shipworthy index DOCUMENTS --feature {feature.name} --questions QUESTIONS"
            )

    def _note(self, done: Indexed) -> None:
        read = f"Documents read: {done.documents:,}."
        self.notices += [read, *(f"not read: {each.error}" for each in done.changes.rejected[:_SHOWN])]

    def _read_now(self, documents: Path) -> Library:
        """A folder without an index: read for this one time."""
        import tempfile

        from shipworthy.retrieval.index import Index
        from shipworthy.workbench.indexes import index_documents

        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="shipworthy-index-")))
        done = index_documents(documents, into=folder / "index", meaning=False)
        self._note(done)
        index = Index.open(folder / "index", embedder=None)
        self._stack.callback(index.close)
        return index


@dataclass(frozen=True, slots=True, kw_only=True)
class _Feature:
    """A feature whose job is to answer."""

    name: str
    workspace: Workspace
    settings: AnswerSettings
    documents: Path | None

    @classmethod
    def found(cls, workspace: Workspace | None, target: str) -> _Feature | None:
        """The feature of that name; None where the target is no feature with a ``feature.yaml``."""
        if workspace is None or target not in workspace.features():
            return None
        from shipworthy.apps.answer.candidate import AnswerSettings, read_settings
        from shipworthy.evals.spec import AppSpec, load_feature

        spec, file = load_feature(workspace.feature_file(target))
        if spec.job != "answer":
            raise UserError(
                f"The feature {target!r} does the job {spec.job!r}; it does not answer questions.",
                where=Where(file=file.path, field="job"),
            )
        apps = [one for one in spec.candidates if isinstance(one, AppSpec)]
        chosen = next((one for one in apps if one.name == spec.candidate), apps[0] if apps else None)
        return cls(
            name=target,
            workspace=workspace,
            settings=AnswerSettings() if chosen is None else read_settings(chosen.settings),
            documents=None if spec.data.documents is None else file.path.parent / spec.data.documents,
        )

    def confidence(self, answerer: Answerer) -> Confidence:
        """Weights and threshold as a review of the feature uses them, learnt once for the same rows."""
        from shipworthy.apps.answer.candidate import fitted_confidence
        from shipworthy.evals.reviewing import labelled
        from shipworthy.evals.spec import load_feature
        from shipworthy.workbench.features import freeze_feature

        spec, file = load_feature(self.workspace.feature_file(self.name))
        dataset = freeze_feature(self.workspace, spec, file)
        kept = self.workspace.state / "answers" / f"{self.name}.json"
        return fitted_confidence(answerer, labelled(dataset, "train"), self.settings, kept=kept)


def feature_embeddings(workspace: Workspace, feature: str) -> str | None:
    """The embedding model that the ``feature.yaml`` of a feature names; None where it names none."""
    try:
        found = _Feature.found(workspace, feature)
    except UserError:  # another job; or `feature check` says what is wrong with it
        return None
    return None if found is None else found.settings.embeddings
