"""Documents read by meaning by a model that somebody named: chosen, remembered, paid for, kept private."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from shipworthy.apps.answer import build_candidate
from shipworthy.apps.answer.meanings import read_ahead
from shipworthy.core.errors import DataError
from shipworthy.datasets.frozen import Example
from shipworthy.evals.jobs.candidate import Surroundings
from shipworthy.evals.jobs.desk import ModelDesk
from shipworthy.evals.running import Conduct
from shipworthy.gateway.specs import ServerSpec
from shipworthy.retrieval.index import Index
from shipworthy.workbench.verbs import result_schema
from tests.evals.jobs.made import answer_feature
from tests.fakes.embedders import WordEmbedder
from tests.servers import Batch, EmbeddingServer, Sent
from tests.support import require, require_http
from tests.workbench.small import Done, run

KEY = "sk-not-a-real-key-4711-workbench"
N = 40
ONE = "house:words"
PRIVATE = "Anna: Write to anna.schmidt@firma-beispiel.ch by Friday.\n"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require_http()
    (tmp_path / "shipworthy.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHIPWORTHY_OFFLINE", "1")


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """Forty documents about a thing each, of which people ask by another word."""
    folder = tmp_path / "docs"
    folder.mkdir()
    for number in range(N):
        (folder / f"{number}.txt").write_text(f"All there is to say of thing{number} stands here.")
    rows = [f"matter{number},{number}.txt" for number in range(N)]
    (tmp_path / "questions.csv").write_text("\n".join(["question,document", *rows]))
    return folder


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    synonyms = {f"matter{number}": f"thing{number}" for number in range(N)}
    with EmbeddingServer(embedder=WordEmbedder(meanings=synonyms)) as running:
        yield running


def house(server: EmbeddingServer, *more: str) -> None:
    assert run("models", "add", "house", "--url", f"{server.url}/v1", *more).code == 0


def index(*more: str) -> Done:
    return run("index", "docs", "--into", "index", *more)


def fused(server: EmbeddingServer) -> None:
    """An index that is searched by meaning, because that was measured to be better."""
    house(server)
    made = index("--embeddings", ONE, "--questions", "questions.csv")
    assert made.code == 0, made.err
    assert "better than by words alone" in made.out


def asked(server: EmbeddingServer) -> list[str]:
    """All texts that came, in order; then forgotten."""
    texts = [text for request in server.requests for text in request.json["input"]]
    server.requests.clear()
    return texts


def best(*more: str) -> tuple[Done, str | None]:
    done = run("explain", "retrieval", "index", "matter14", "--json", *more)
    hits = json.loads(done.out)["hits"] if done.code == 0 else []
    return done, hits[0]["hit"]["document"] if hits else None


def test_the_index_remembers_who_read_it_and_questions_are_read_by_the_same(
    docs: Path, server: EmbeddingServer
) -> None:
    fused(server)
    assert len(asked(server)) == 2 * N, "passages and questions, each once"
    done, document = best()
    assert (document, asked(server)) == ("14.txt", ["matter14"])
    assert json.loads(done.out)["vectors_by"] == ONE
    assert "house:words, which read the passages of the index" in done.err
    (docs / "new.txt").write_text("Something new.")
    again = index()
    assert "by house:words: 41 of 41 passages, 1 of them now; what that cost is unknown." in again.out
    assert asked(server) == ["Something new."]
    answer = run("ask", "index", "What is there to say of matter14?")
    assert answer.code in {0, 3}, answer.err
    assert asked(server) == ["What is there to say of matter14?"]


def test_the_printed_index_has_the_published_form(docs: Path, server: EmbeddingServer) -> None:
    import jsonschema

    house(server, "--price-in", "1", "--price-out", "0")
    done = json.loads(index("--embeddings", ONE, "--json").out)
    jsonschema.validate(done, result_schema("index"))
    assert (done["vectors"], done["vectors_by"], done["changes"]["embedded"]) == (N, ONE, N)
    words = sum(len(path.read_text().split()) for path in docs.iterdir())
    assert done["cost"] == pytest.approx(words / 1_000_000)


def test_what_it_will_cost_is_told_before(docs: Path, server: EmbeddingServer) -> None:
    house(server, "--price-in", "1", "--price-out", "0")
    told = index("--embeddings", ONE).err
    assert f"{N} passages of the documents are read by house:words, which was named: about 0.00" in told
    assert "US dollars" in told


def test_an_index_that_is_searched_by_words_sends_no_question(docs: Path, server: EmbeddingServer) -> None:
    house(server)
    assert "Searched by words, because nothing was measured" in index("--embeddings", ONE).out
    asked(server)
    assert run("ask", "index", "What is there to say of thing14?").code in {0, 3}
    assert best("--mode", "lexical")[0].code == 0
    assert asked(server) == []


def test_at_the_end_of_the_budget_the_index_is_usable_and_nothing_is_sent_twice(
    docs: Path, server: EmbeddingServer
) -> None:
    house(server, "--price-in", "100", "--price-out", "0")
    for number in range(60):
        (docs / f"more{number}.txt").write_text(
            f"There is nothing here to say of other{number}, or not much."
        )
    first = index("--embeddings", ONE, "--budget", "0.2")
    assert (first.code, "The budget of 0.2 US dollars" in first.err) == (4, True), first.err
    assert "32 of 100 passages have been read by meaning and stay so" in first.err
    assert len(asked(server)) == 32
    found = run("explain", "retrieval", "index", "thing14", "--mode", "lexical", "--json")
    assert json.loads(found.out)["hits"][0]["hit"]["document"] == "14.txt"
    second = index("--questions", "questions.csv", "--budget", "5")
    assert second.code == 0, second.err
    assert len(asked(server)) == 68 + N
    assert set(server.billed.values()) == {1}
    assert "better than by words alone" in second.out
    assert best()[1] == "14.txt"


def test_while_passages_are_unread_the_search_is_by_words_and_says_so(
    docs: Path, server: EmbeddingServer
) -> None:
    fused(server)
    (docs / "new.txt").write_text("Something new.")
    assert index("--no-meaning").code == 0
    asked(server)
    explained = run("explain", "retrieval", "index", "thing14", "--mode", "lexical").code
    answered = run("ask", "index", "What is there to say of thing14?").code
    assert (explained, answered in {0, 3}, asked(server)) == (0, True, [])
    assert "by words for now, because 40 of 41 passages have been read by meaning" in best()[0].out


def test_with_a_budget_an_unknown_price_is_refused_before_anything_is_sent(
    docs: Path, server: EmbeddingServer
) -> None:
    house(server)
    refused = index("--embeddings", ONE, "--budget", "1")
    assert (refused.code, "price of 'house:words' is unknown" in refused.err) == (2, True), refused.err
    assert "--accept-unknown-price" in refused.err
    assert asked(server) == []
    assert index("--embeddings", ONE, "--budget", "1", "--accept-unknown-price").code == 0


def test_passages_with_personal_data_do_not_leave_this_machine_without_leave(
    docs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    (docs / "talk.txt").write_text(PRIVATE)
    away = "openai:text-embedding-3-small"
    refused = index("--embeddings", away)
    assert (refused.code, "'talk.txt' holds personal data (e-mail address)" in refused.err) == (2, True)
    assert "Nothing of it was sent." in refused.err
    assert "--send-personal-data" in refused.err
    sent = index("--embeddings", away, "--send-personal-data")
    assert (sent.code, "SHIPWORTHY_OFFLINE" in sent.err) == (4, True), "now it came as far as the network"
    assert "41 passages of the documents are sent to openai:text-embedding-3-small" in sent.err
    assert "genai-prices" in sent.err


def test_a_question_with_personal_data_does_not_leave_this_machine_without_leave(
    docs: Path, server: EmbeddingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    away = WordEmbedder(name="openai:m")
    away.version = _version_of("openai:m")
    with Index.open(Path("index"), embedder=away) as made:
        made.update(docs)
    question = "Is anna.schmidt@firma-beispiel.ch right?"
    refused = run("explain", "retrieval", "index", question)
    assert (refused.code, "What would be sent now holds personal data" in refused.err) == (2, True), refused
    assert "SHIPWORTHY_OFFLINE" in run("explain", "retrieval", "index", "Is it right?").err


def _version_of(name: str) -> str:
    from shipworthy.gateway.specs import embeddings_spec, open_embeddings

    return open_embeddings(embeddings_spec(name, named_in="the test")).version


def test_a_server_that_is_gone_is_named_with_the_ways_on(
    docs: Path, server: EmbeddingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    fused(server)
    server.script = lambda _: Sent(status=404)
    asked_for = run("ask", "index", "What is there to say of thing14?")
    assert (asked_for.code, "HTTP 404" in asked_for.err) == (4, True), asked_for.err
    assert "--no-meaning" in asked_for.err
    explained = best()[0]
    assert (explained.code, "--mode lexical" in explained.err) == (4, True), explained.err
    (docs / "new.txt").write_text("Something new.")
    indexed = index()
    assert (indexed.code, "index without it: --no-meaning" in indexed.err) == (4, True), indexed.err
    assert run("ask", "index", "What is there to say of thing14?", "--no-meaning").code in {0, 3}
    assert best("--mode", "lexical")[0].code == 0


def test_a_server_that_was_removed_is_named_with_the_ways_on(docs: Path, server: EmbeddingServer) -> None:
    fused(server)
    assert run("models", "remove", "house").code == 0
    done = run("ask", "index", "What is there to say of thing14?")
    assert (done.code, "'house:words' read the passages of this index by meaning" in done.err) == (2, True)
    assert "shipworthy models add" in done.err
    assert "--no-meaning" in done.err


def test_an_index_read_by_one_model_is_not_asked_by_another(docs: Path, server: EmbeddingServer) -> None:
    fused(server)
    with EmbeddingServer() as other:
        assert run("models", "remove", "house").code == 0
        house(other)
        done = run("ask", "index", "What is there to say of thing14?")
        assert (done.code, "come from another embedding model" in done.err) == (2, True), done.err
        assert asked(other) == []
        again = index()
        assert f"Read by meaning by house:words: {N} of {N} passages, {N} of them now" in again.out
        assert "nothing was measured" in again.out, "what was measured with the other one is forgotten"
        assert len(asked(other)) == N


def test_the_way_back_to_the_model_on_this_machine(docs: Path, server: EmbeddingServer) -> None:
    house(server)
    index("--embeddings", ONE)
    asked(server)
    back = index("--meaning", "--json")
    if "shipworthy[embeddings]" in back.err:
        require("embeddings", "the extra 'embeddings' is not installed")
    assert (json.loads(back.out)["vectors_by"], json.loads(back.out)["cost"]) == ("all-MiniLM-L6-v2", None)
    assert asked(server) == []


def test_what_costs_little_is_not_shown_as_nothing(docs: Path, server: EmbeddingServer) -> None:
    house(server, "--price-in", "0.0001", "--price-out", "0")
    done = index("--embeddings", ONE)
    assert "which was named: less than 0.0001 US dollars" in done.err
    assert "that cost less than 0.0001 US dollars." in done.out


def test_vectors_stay_until_those_of_another_model_are_there(docs: Path, server: EmbeddingServer) -> None:
    fused(server)
    with EmbeddingServer(lambda _: Sent(status=400)) as other:
        assert run("models", "add", "new", "--url", f"{other.url}/v1").code == 0
        assert index("--embeddings", "new:words").code == 4
    assert best()[1] == "14.txt"


def test_a_model_that_gives_other_vectors_under_its_old_name_is_found_out(
    docs: Path, server: EmbeddingServer
) -> None:
    def shorter(batch: Batch) -> Sent:
        del batch
        return Sent(
            change=lambda reply: {
                **reply,
                "data": [{**one, "embedding": one["embedding"][:32]} for one in reply["data"]],
            }
        )

    fused(server)
    server.script = shorter
    done = best()[0]
    assert (done.code, "vectors of 32 numbers" in done.err, "have 64" in done.err) == (2, True, True), done


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("anthropic:claude-haiku-4-5", "gives no vectors here"),
        ("local", "gives no vectors here"),
        ("nomic-embed-text", "is not a model that can be reached here"),
        ("openai:text-embedding-3-small", "OPENAI_API_KEY is not set"),
    ],
)
def test_a_name_that_will_not_do_is_told_before_anything_is_read(name: str, told: str, docs: Path) -> None:
    done = index("--embeddings", name)
    assert (done.code, told in done.err) == (2, True), done.err
    assert not Path("index").exists()


def test_to_name_a_model_and_to_want_none_is_a_contradiction(docs: Path, server: EmbeddingServer) -> None:
    house(server)
    assert "Give one of the two." in index("--embeddings", ONE, "--no-meaning").err
    assert asked(server) == []


def test_the_key_is_in_no_file_and_in_no_message(
    docs: Path, server: EmbeddingServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOUSE_KEY", KEY)
    house(server, "--key-name", "HOUSE_KEY")
    done = index("--embeddings", ONE)
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    server.script = lambda _: Sent(status=401, raw=f"wrong key {KEY}".encode())
    failed = best()[0]
    assert (failed.code, "HTTP 401" in failed.err) == (4, True)
    assert KEY not in done.out + done.err + failed.out + failed.err
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []


@pytest.fixture
def handbook(tmp_path: Path) -> Path:
    """A feature whose candidate names the model; thirty of its questions are there to learn from."""
    folder = tmp_path / "features" / "handbook"
    settings = {"embeddings": ONE, "meanings": False}
    candidate = {"name": "app", "kind": "app", "settings": settings}
    answer_feature(folder, candidates=[candidate], bar=["citations_verbatim >= 0.5"])
    rows = [json.loads(line) for line in (folder / "questions.jsonl").read_text().splitlines()]
    for place, row in enumerate(rows):
        row["split"] = "train" if place < 30 else "test"
    (folder / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def test_a_review_reads_by_the_model_that_the_feature_names_and_pays_once_for_a_passage(
    handbook: Path, server: EmbeddingServer
) -> None:
    house(server)
    assert run("feature", "check", "handbook").code == 0
    assert asked(server) == []
    done = run("review", "handbook")
    assert done.code in {0, 1, 3}, done.err
    assert "of the documents are read by house:words, which was named" in done.err
    first = asked(server)
    report = next((handbook / "reviews").glob("*/report.json")).read_text()
    assert "house:words reads by meaning." in report
    assert run("review", "handbook").code == done.code
    passages = {text for text in first if "The deposit for" in text}
    assert passages
    assert passages.isdisjoint(asked(server)), "the index was kept"


def test_a_review_of_a_server_that_is_gone_ends_and_says_why(handbook: Path, server: EmbeddingServer) -> None:
    house(server)
    server.script = lambda _: Sent(status=404)
    done = run("review", "handbook")
    assert (done.code, "HTTP 404" in done.err) == (4, True), done.err
    assert "take 'embeddings' out of the settings" in done.err


def test_a_review_stops_at_its_budget_before_it_sends_more(handbook: Path, server: EmbeddingServer) -> None:
    house(server, "--price-in", "100", "--price-out", "0")
    done = run("review", "handbook", "--budget", "0.0001")
    assert (done.code, "The budget of 0.0001 US dollars" in done.err) == (4, True), done.err
    assert asked(server) == []


def test_a_feature_s_model_is_used_by_index_and_missed_by_ask(
    handbook: Path, server: EmbeddingServer
) -> None:
    house(server)
    docs = "features/handbook/docs"
    before = run("ask", "handbook", "What is the deposit for red desks?")
    assert before.code == 0, before.err
    assert "feature.yaml names house:words to read by meaning, and did not read this index" in before.err
    assert asked(server) == [], "an answer by words pays nobody"
    assert "Read by meaning by house:words" in run("index", docs, "--feature", "handbook").out
    assert asked(server)
    after = run("ask", "handbook", "What is the deposit for red desks?")
    assert (after.code, "feature.yaml names" in after.err) == (0, False)


def test_training_questions_decide_how_a_candidate_searches_and_a_batch_is_read_at_once(
    docs: Path, server: EmbeddingServer, tmp_path: Path
) -> None:
    spec = ServerSpec(url=f"{server.url}/v1")
    desk = ModelDesk.of(Conduct(servers={"house": spec}))
    around = Surroundings(folder=tmp_path, documents=docs, kept=tmp_path / "kept", desk=desk)
    candidate = build_candidate({"embeddings": ONE, "meanings": False, "learn": False}, around)
    fitted = candidate.fit([example(number) for number in range(30)])
    asked(server)
    found = fitted.answer([example(number) for number in (31, 32, 33)])
    assert [len(request.json["input"]) for request in server.requests] == [3]
    assert found.retrieved is not None
    firsts = [spans[0].document for spans in found.retrieved if spans]
    assert firsts == ["31.txt", "32.txt", "33.txt"]
    assert candidate.sends_to is None, "the server is on this machine"
    assert (tmp_path / "kept" / "answer").exists() is False, "candidates with other models have other indexes"


class Careful(WordEmbedder):
    """Refuses what looks private."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, 64) unit vectors."""
        if any("@" in text for text in texts):
            raise DataError("What would be sent now holds personal data.")
        return WordEmbedder.embed(self, texts)


def test_one_question_that_may_not_be_sent_keeps_no_other_from_being_asked(
    docs: Path, tmp_path: Path
) -> None:
    with Index.open(tmp_path / "index", embedder=Careful()) as made:
        made.update(docs)
        made.prefer("fused", why="by both, measured")
        read_ahead(made, ["thing14", "Is a@b.ch right?"])
        assert made.search("thing14")[0].document == "14.txt"
        with pytest.raises(DataError, match="personal data"):
            made.search("Is a@b.ch right?")


def example(number: int) -> Example:
    quote = f"All there is to say of thing{number} stands here."
    label = {"answerable": True, "evidence": [{"document": f"{number}.txt", "quote": quote}]}
    return Example(
        row=number, id=str(number), text=f"matter{number}", label=json.dumps(label), segments={},
        cluster=None, at=None, outcome=None, label_source=None, annotations={},
    )  # fmt: skip


def test_a_candidate_whose_documents_go_elsewhere_says_where(docs: Path, tmp_path: Path) -> None:
    around = Surroundings(folder=tmp_path, documents=docs)
    candidate = build_candidate({"embeddings": "openai:text-embedding-3-small"}, around)
    assert candidate.sends_to == "openai:text-embedding-3-small"
