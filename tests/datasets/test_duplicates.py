"""Copies across a split are found whatever was done to them; what only looks alike is left alone."""

import random
import unicodedata
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipworthy.datasets import duplicates
from shipworthy.datasets.duplicates import Pair, duplicate_groups, near_duplicates

ORDER = "Where is the blue rucksack that I ordered on Monday for my daughter’s café trip to Málaga?"
FRESH = "Nobody at the counter could tell me whether vouchers expire before the summer sale begins"


def pseudo(count: int, seed: int, *, shortest: int = 12, longest: int = 30) -> list[str]:
    rng = random.Random(seed)
    words = ["".join(rng.choices("bdfgklmnprstvaeiou", k=rng.randint(4, 9))) for _ in range(4_000)]
    return [" ".join(rng.choices(words, k=rng.randint(shortest, longest))) for _ in range(count)]


def edited(text: str, rng: random.Random, share: float) -> str:
    words = text.split()
    for place in rng.sample(range(len(words)), round(share * len(words))):
        words[place] = f"new{rng.randrange(10_000)}"
    return " ".join(words)


def kinds(train: list[str], test: list[str]) -> list[tuple[int, int, str]]:
    return [(pair.train, pair.test, pair.kind) for pair in near_duplicates(train, test)]


@pytest.mark.parametrize(
    "change",
    [
        str.upper,
        str.casefold,
        lambda text: text.replace(" ", "  \n\t"),
        lambda text: text.replace(" ", " - ").replace("?", "!!"),
        lambda text: f"“{text}”",
        lambda text: unicodedata.normalize("NFD", text),
        lambda text: text.replace("’", "'").replace("é", "e").replace("á", "a"),
        lambda text: text.replace("ordered", "or\u00addered").replace("blue", "\u200bblue"),
        lambda text: text.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)}),
    ],
    ids=["upper", "casefold", "space", "punctuation", "quotes", "NFD", "accents", "hyphens", "full width"],
)
def test_a_reformatted_copy_is_found(change: Callable[[str], str]) -> None:
    assert near_duplicates([FRESH, ORDER], [change(ORDER)]) == (
        Pair(train=1, test=0, kind="reformatted", share=1.0),
    )


def test_an_exact_copy_is_preferred_to_a_reformatted_and_that_to_an_edited_one() -> None:
    similar = ORDER.replace("blue", "green")
    assert kinds([similar, ORDER.upper(), ORDER, ORDER], [ORDER, ORDER.title()]) == [
        (2, 0, "exact"),
        (1, 1, "reformatted"),
    ]


@pytest.mark.parametrize("share", [0.05, 0.1, 0.2])
def test_copies_with_edited_words_are_found_and_nothing_else(share: float) -> None:
    rng = random.Random(7)
    texts = pseudo(5_000, 1)
    train, test = texts[:4_000], texts[4_000:]
    sources = rng.sample(range(len(train)), 500)
    test[:500] = [edited(train[source], rng, share) for source in sources]
    assert kinds(train, test) == [(source, row, "edited") for row, source in enumerate(sources)]


def test_the_share_is_what_the_two_texts_have_in_common() -> None:
    (pair,) = near_duplicates([ORDER], [ORDER.replace("blue", "old green")])
    words = len(ORDER.replace("’", " ").split())
    assert pair.share == pytest.approx(2 * (words - 1) / (2 * words + 1))


def test_added_dropped_and_swapped_words_do_not_hide_a_copy() -> None:
    words = ORDER.split()
    swapped = " ".join([*words[8:], *words[:8]])
    longer = "Hello there, " + ORDER + " Thank you for your help"
    shorter = " ".join(words[2:-1])
    assert kinds([FRESH, ORDER], [swapped, longer, shorter]) == [(1, row, "edited") for row in range(3)]


def test_reports_on_one_form_are_not_duplicates() -> None:
    form = (
        "## System information\nVersion: 1.{n}\n## Steps to reproduce\n{own}\n"
        "## Expected behaviour\n_No response_\n- [x] I have searched the existing reports"
    )
    own = pseudo(120, 3, shortest=10, longest=30)
    texts = [form.format(n=n % 7, own=text) for n, text in enumerate(own)]
    assert near_duplicates(texts[:90], texts[90:]) == ()
    copy = texts[3].replace("## Steps", "### STEPS").replace("1.3", "1.5")
    assert [pair.train for pair in near_duplicates(texts[:90], [copy, *texts[90:]])] == [3]


def test_messages_that_differ_in_a_number_only_are_one_form() -> None:
    texts = [f"Your order {n} has been shipped and will arrive within three days" for n in range(3_000)]
    assert near_duplicates(texts[:2_500], texts[2_500:]) == ()
    assert len(set(duplicate_groups(texts))) == 3_000


def test_short_texts_repeat_by_nature() -> None:
    assert (
        near_duplicates(
            ["ok thanks", "thank you", "谢谢你们", "👍👍👍", ""], ["ok thanks", "谢谢你们", "👍👍👍", ""]
        )
        == ()
    )
    assert duplicate_groups(["ok thanks", "ok thanks", "", "?!"]) == [0, 1, 2, 3]


def test_questions_about_one_subject_are_not_duplicates() -> None:
    things = ["PIN", "name", "address", "password", "phone number", "photo", "limit", "card design"]
    starts = ["How do I", "Can I", "I want to", "Please help me"]
    ends = ["?", " in the app?", " abroad?", " before Friday?"]
    asked = [f"{start} change my {thing}{end}" for start in starts for thing in things for end in ends]
    random.Random(0).shuffle(asked)
    assert near_duplicates(asked[:100], asked[100:]) == ()


@pytest.mark.parametrize(
    ("text", "word", "other"),
    [
        ("我昨天在你们的网站上买了一双鞋子但是今天收到的时候发现尺码不对", "尺码", "颜色"),
        ("昨日サイトで靴を買いましたがサイズが合わないので交換できますか", "サイズ", "色"),
        ("मुझे कल आपकी वेबसाइट से जूते मिले लेकिन उनका आकार गलत है कृपया बदल दें", "आकार", "रंग"),
        ("استلمت الحذاء من موقعكم أمس لكن المقاس غير صحيح فكيف يمكنني تبديله", "المقاس", "اللون"),
        ("เมื่อวานฉันซื้อรองเท้าจากเว็บไซต์ของคุณแต่ขนาดไม่ถูกต้อง", "ขนาด", "สี"),
    ],
    ids=["Chinese", "Japanese", "Hindi", "Arabic", "Thai"],
)
def test_all_scripts_are_compared(text: str, word: str, other: str) -> None:
    test = [text.replace(word, other), f"«{text}»"]
    assert kinds([*pseudo(200, 5), text], test) == [(200, 0, "edited"), (200, 1, "reformatted")]


def test_vowel_signs_are_letters() -> None:
    assert near_duplicates(["की की की की की"], ["का का का का का"]) == ()


def test_lists_without_texts_have_no_pairs() -> None:
    assert near_duplicates([], [ORDER]) == near_duplicates([ORDER], []) == near_duplicates([], []) == ()
    assert duplicate_groups([]) == []


def test_groups_join_copies_of_copies_in_order_of_appearance() -> None:
    rng = random.Random(1)
    texts = pseudo(300, 2)
    once = edited(texts[0], rng, 0.2)
    twice = edited(once, rng, 0.2)
    assert duplicate_groups([FRESH, *texts, texts[0].upper(), once, twice, FRESH]) == [
        *range(301), 1, 1, 1, 0,
    ]  # fmt: skip


def test_small_families_of_copies_are_whole_groups() -> None:
    rng = random.Random(4)
    texts = [edited(text, rng, 0.1) for text in pseudo(400, 6) for _ in range(4)]
    groups = duplicate_groups(texts)
    assert groups == [row // 4 for row in range(len(texts))]


def test_after_a_split_by_groups_no_copy_is_left() -> None:
    rng = random.Random(5)
    texts = pseudo(600, 8, shortest=5)
    texts += [edited(rng.choice(texts), rng, rng.choice((0.1, 0.2, 0.4))) for _ in range(400)]
    groups = np.array(duplicate_groups(texts))
    held = np.isin(groups, rng.sample(range(groups.max() + 1), groups.max() // 3))
    train = [text for text, out in zip(texts, held, strict=True) if not out]
    test = [text for text, out in zip(texts, held, strict=True) if out]
    assert near_duplicates(train, test) == ()
    assert near_duplicates(texts[::2], texts[1::2]) != ()


def test_the_work_grows_with_the_words_and_not_with_the_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[int] = []
    likely = duplicates._likely

    def counted(*args: object) -> tuple[np.ndarray, np.ndarray]:
        first, second = likely(*args)  # type: ignore[arg-type]
        compared.append(len(first))
        return first, second

    monkeypatch.setattr(duplicates, "_likely", counted)
    same = [ORDER] * 20_000
    form = [
        f"Ticket {n}: the printer on floor {n % 9} is out of paper again since {n % 60}"
        for n in range(20_000)
    ]
    family = [f"{text} w{copy}" for text in pseudo(100, 9) for copy in range(30)]
    for texts in (same, form, family):
        duplicate_groups(texts)
    assert compared[0] == 0
    assert compared[1] <= 20_000
    assert compared[2] <= duplicates.COMMON * sum(len(text.split()) for text in family)


def test_many_equal_texts_are_one_group_and_one_pair_each() -> None:
    assert set(duplicate_groups([ORDER] * 20_000)) == {0}
    assert len(near_duplicates([ORDER] * 20_000, [ORDER] * 50)) == 50


def test_one_enormous_text_is_read_like_any_other() -> None:
    words = [f"{number * 7919 % 1_000_003:040d}" for number in range(130_000)]
    text = " ".join(words)
    assert len(text) > 5_000_000
    words[::10] = ["changed"] * len(words[::10])
    assert kinds([FRESH, text], [text.replace(" ", ", "), " ".join(words), ORDER]) == [
        (1, 0, "reformatted"), (1, 1, "edited"),
    ]  # fmt: skip


def test_a_long_text_that_contains_a_short_one_is_not_its_copy() -> None:
    texts = pseudo(200, 11)
    assert near_duplicates([" ".join(texts[:20])], texts[:20]) == ()


def test_reading_in_blocks_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(3)
    texts = [*pseudo(50, 12), "", ORDER, "鞋子" * 9, *(edited(text, rng, 0.2) for text in pseudo(50, 12))]
    whole = duplicate_groups(texts)
    monkeypatch.setattr("shipworthy.datasets.word_hashes._BLOCK", 64)
    monkeypatch.setattr(duplicates, "_BLOCK", 64)
    assert duplicate_groups(texts) == whole


WORDS = st.sampled_from(["how", "do", "I", "change", "my", "card", "pin", "name", "äpfel", "鞋子", "नाम"])
TEXTS = st.lists(st.text(max_size=60) | st.lists(WORDS, max_size=9).map(" ".join), max_size=25)


@given(TEXTS, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_groups_do_not_depend_on_the_order_of_the_texts(texts: list[str], rng: random.Random) -> None:
    order = list(range(len(texts)))
    rng.shuffle(order)
    groups = duplicate_groups(texts)
    shuffled = dict(zip(order, duplicate_groups([texts[place] for place in order]), strict=True))
    together = {(a, b) for a in order for b in order if groups[a] == groups[b]}
    assert together == {(a, b) for a in order for b in order if shuffled[a] == shuffled[b]}


@given(TEXTS, TEXTS)
@settings(deadline=None)
def test_pairs_are_the_same_seen_from_either_side(train: list[str], test: list[str]) -> None:
    one = {pair.test for pair in near_duplicates(train, test)}
    other = {pair.train for pair in near_duplicates(test, train)}
    assert other <= one


@given(
    st.lists(st.text("abc ", max_size=40), max_size=12), st.lists(st.text("xyz ", max_size=40), max_size=12)
)
@settings(deadline=None)
def test_texts_that_share_nothing_are_never_paired(train: list[str], test: list[str]) -> None:
    assert near_duplicates(train, test) == ()


@given(TEXTS, st.text("abcdefgh", min_size=1).map(lambda word: f"{word} and three more words"))
@settings(deadline=None)
def test_every_copy_of_a_text_of_four_words_is_found(others: list[str], text: str) -> None:
    pair = near_duplicates([*others, text], [text])[0]
    assert (pair.kind, [*others, text][pair.train]) == ("exact", text)
