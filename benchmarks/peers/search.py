# mypy: ignore-errors
"""Another search engine over the same texts: reads texts and questions, writes the first ten of each.

    python search.py bm25s|tantivy|lancedb texts.jsonl questions.jsonl ranks.jsonl

A text is {"id", "title", "body"}, a question {"id", "text"}; a line of the result is {"id", "found", "ms"}.
Each engine has English stemming and stop words where it offers them; the rest is its default.
"""

import json
import re
import sys
import tempfile
import time
from pathlib import Path


def bm25s_engine(texts):
    import bm25s
    import Stemmer

    stemmer = Stemmer.Stemmer("english")

    def cut(found):
        return bm25s.tokenize(found, stopwords="en", stemmer=stemmer, show_progress=False)

    engine = bm25s.BM25()
    engine.index(cut([f"{text['title']} {text['body']}" for text in texts]), show_progress=False)

    def ask(question):
        places, _ = engine.retrieve(cut([question]), k=10, show_progress=False)
        return [texts[place]["id"] for place in places[0]]

    return ask


def tantivy_engine(texts):
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw")
    builder.add_text_field("title", tokenizer_name="en_stem")
    builder.add_text_field("body", tokenizer_name="en_stem")
    index = tantivy.Index(builder.build())
    writer = index.writer()
    for text in texts:
        writer.add_document(tantivy.Document(id=text["id"], title=text["title"], body=text["body"]))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def ask(question):
        words = " ".join(re.findall(r"\w+", question)).lower()
        hits = searcher.search(index.parse_query(words, ["title", "body"]), 10).hits
        return [searcher.doc(address)["id"][0] for _, address in hits]

    return ask


def lancedb_engine(texts):
    import lancedb

    rows = [{"id": text["id"], "text": f"{text['title']} {text['body']}"} for text in texts]
    table = lancedb.connect(tempfile.mkdtemp()).create_table("texts", rows)
    table.create_fts_index("text", stem=True, remove_stop_words=True, language="English")

    def ask(question):
        words = " ".join(re.findall(r"\w+", question))
        return [row["id"] for row in table.search(words, query_type="fts").limit(10).to_list()]

    return ask


def main():
    name, texts, questions, out = sys.argv[1:]
    with Path(texts).open(encoding="utf-8") as stream:
        ask = globals()[f"{name}_engine"]([json.loads(line) for line in stream])
    with Path(questions).open(encoding="utf-8") as stream, Path(out).open("w", encoding="utf-8") as found:
        for line in stream:
            question = json.loads(line)
            start = time.perf_counter()
            ids = ask(question["text"])
            took = (time.perf_counter() - start) * 1000
            found.write(json.dumps({"id": question["id"], "found": ids, "ms": took}) + "\n")


if __name__ == "__main__":
    main()
