"""Classification as SentEval does it, answers as trec_eval counts them, duplicates as sklearn does; and reasons where nothing can be said."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

from kdmcse.evaluation.benchmarks import transfer

COLOURS, THINGS = ("red", "blue", "green"), ("mug", "cap", "bag", "lamp")


def letters(texts):
    """An honest small encoder: how often each letter occurs."""
    counts = np.array([[text.count(chr(c)) for c in range(97, 123)] for text in texts], dtype=np.float32) + 1e-3
    return counts / np.linalg.norm(counts, axis=1, keepdims=True)


def captions(n=90, colours=COLOURS):
    """Captions that name their colour, two a group; every third group is held out."""
    colour = [colours[i // 6 % len(colours)] for i in range(n)]
    table = pd.DataFrame(
        {"pair": range(n), "caption": [f"{colour[i]} {THINGS[i % 4]} {i}" for i in range(n)], "colour": colour}
    )
    group = np.arange(n) // 2
    table["group"], table["held_out"] = [f"g{one}" for one in group], group % 3 == 0
    return table.assign(split=np.where(table["held_out"], "test", "train"))


# Classification


def test_a_classifier_names_what_the_vectors_tell_and_every_row_is_kept():
    table = captions()
    found = transfer.probe(letters, table, "colour")
    assert found.name == "probe_accuracy:colour" and found.score.value > 0.9
    assert found.score.value == found.rows["value"].mean()
    held_out = table[table["held_out"]]
    assert list(found.rows["row"]) == list(held_out["pair"]) and list(found.rows["unit"]) == list(held_out["group"])
    share = held_out["colour"].value_counts(normalize=True).max()
    assert found.score.facts["majority"] == pytest.approx(share)
    assert found.score.facts["strength"] in transfer.STRENGTHS


def test_vectors_that_tell_nothing_name_nothing():
    table = captions(300)
    rng = np.random.default_rng(0)
    found = transfer.probe(lambda texts: rng.normal(size=(len(list(texts)), 8)), table, "colour")
    assert abs(found.score.value - 1 / 3) < 0.15


def test_the_classifier_is_sklearns_with_the_strength_that_was_chosen():
    table = captions()
    found = transfer.probe(letters, table, "colour")
    learnt, tried = table[table["split"] == "train"], table[table["held_out"]]
    model = LogisticRegression(C=found.score.facts["strength"], tol=transfer.TOLERANCE)
    mean, scale = letters(learnt["caption"]).mean(axis=0), np.sqrt(26)
    model.fit((letters(learnt["caption"]) - mean) * scale, learnt["colour"])
    right = model.predict((letters(tried["caption"]) - mean) * scale) == tried["colour"]
    assert found.rows["value"].tolist() == right.astype(float).tolist()


def test_the_strength_is_chosen_without_a_look_at_what_is_held_out():
    table = captions()
    shuffled = table.assign(
        colour=np.where(table["held_out"], table["colour"].map({"red": "blue", "blue": "green", "green": "red"}), table["colour"])
    )  # fmt: skip
    one, other = (transfer.probe(letters, each, "colour").score for each in (table, shuffled))
    assert one.facts["strength"] == other.facts["strength"] and one.value > other.value


def test_folds_keep_a_group_on_one_side():
    table = captions()
    classes, groups = table["colour"].to_numpy(), table["group"].to_numpy()
    folds = transfer._folds(classes, groups)
    assert len(folds) == transfer.FOLDS
    for kept, checked in folds:
        assert not set(groups[kept]) & set(groups[checked])


def test_a_class_with_a_single_caption_is_left_out_and_said_so():
    table = captions()
    table.loc[table.index[~table["held_out"]][0], "colour"] = "mauve"
    table.loc[table.index[table["held_out"]][0], "colour"] = "taupe"
    table.loc[table.index[table["held_out"]][1], "colour"] = ""
    found = transfer.probe(letters, table, "colour")
    assert found.score.facts["left_out"] == 1 and found.score.facts["unknown"] == 1
    assert found.score.facts["classes"] == 3 and found.score.rows == table["held_out"].sum() - 2


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda table: table.drop(columns="colour"), "no_label"),
        (lambda table: table.assign(colour="red"), "one_label"),
        (lambda table: table.assign(colour=""), "one_label"),
        (lambda table: table.assign(held_out=False), "nothing_to_try"),
        (lambda table: table[~table["held_out"]], "nothing_to_try"),
        (lambda table: table[table["held_out"]], "one_label"),
    ],
)
def test_what_cannot_be_classified_says_why(change, why):
    found = transfer.probe(letters, change(captions()), "colour")
    assert found.score.value is None and found.score.missing == why and found.rows is None


def test_two_captions_of_two_classes_are_enough():
    table = captions(6, colours=("red", "blue")).assign(colour=["red", "blue"] * 3)
    table["group"] = "one group"
    table["held_out"] = [False] * 4 + [True] * 2
    table["split"] = ["train"] * 4 + ["test"] * 2
    assert transfer.probe(letters, table, "colour").score.value is not None


def test_many_captions_are_thinned_the_same_for_every_model_and_no_class_is_lost(monkeypatch):
    monkeypatch.setattr(transfer, "PROBE_CAPTIONS", 20)
    table = captions(300)
    table.loc[table.index[~table["held_out"]][:2], "colour"] = "mauve"
    learnt = table[table["split"] == "train"]
    drawn = transfer._drawn(learnt, "colour")
    assert len(drawn) == 20 and (drawn["colour"].value_counts()[["mauve", *COLOURS]] >= 2).all()
    again = transfer._drawn(learnt.sample(frac=1, random_state=1), "colour")
    assert set(again["caption"]) == set(drawn["caption"])
    assert transfer.probe(letters, table, "colour").score.facts["learnt"] == 20


def test_a_model_that_diverged_classifies_nothing():
    found = transfer.probe(lambda texts: np.full((len(list(texts)), 4), np.nan), captions(), "colour")
    assert found.score.missing == "not_finite"


# Questions and answers


def questions():
    return pd.DataFrame(
        {
            "row": range(2, 9),
            "question": ["where is the mug", "Where is the mug", "is the cap red", "what is a bag", "what is a lamp", "seen", "odd"],
            "answer": ["the mug is here", "a mug is there", "the cap is red", "a bag is a bag", "a lamp is a lamp", "seen too", "the mug is here"],
            "held_out": [True, True, True, True, True, False, True],
        }
    )  # fmt: skip


def test_every_answer_of_a_question_is_right_and_every_distinct_answer_is_a_candidate():
    found = {one.name: one for one in transfer.faq(letters, questions())}
    one = found["faq_recall_at_1"]
    assert one.score.rows == 5 and one.score.facts == {"answers": 6, "left_out": 1}
    assert list(one.rows["row"]) == [2, 4, 5, 6, 8], "a question in two rows is asked once"
    assert one.rows["value"].iloc[0] in (0.0, 0.5), "one of its two answers"
    assert found["faq_recall_at_10"].score.value == 1
    units = one.rows.set_index("row")["unit"]
    assert units[2] == units[8] and units.nunique() == 4, "questions that share an answer are one unit"
    for measured in found.values():
        assert measured.rows["value"].mean() == pytest.approx(measured.score.value)


def test_questions_that_share_any_of_their_answers_are_one_unit_also_by_way_of_others():
    asked = {"one": ["a", "b"], "two": ["c", "b"], "three": ["d", "c"], "four": ["e"], "known": ["d", "e"]}
    rows = [(question, answer, question != "known") for question, answers in asked.items() for answer in answers]
    table = pd.DataFrame(rows, columns=["question", "answer", "held_out"]).assign(row=range(len(rows)))
    units = transfer.faq(letters, table)[0].rows["unit"].tolist()
    assert units[0] == units[1] == units[2] != units[3], "and one that is not asked ties none"


def test_answers_are_ranked_as_trec_eval_counts():
    import pytrec_eval

    rng = np.random.default_rng(0)
    known = {}

    def noise(texts):
        rows = [known.setdefault(text, rng.normal(size=8)) for text in texts]
        return np.array([row / np.linalg.norm(row) for row in rows])

    table = pd.DataFrame({"question": [f"q{i % 30}" for i in range(45)], "answer": [f"a{i % 40}" for i in range(45)]})
    table = table.assign(row=range(45), held_out=True)
    found = {one.name: one.rows["value"].to_numpy() for one in transfer.faq(noise, table)}
    answers = list(dict.fromkeys(table["answer"]))
    truth = {q: {a: 1 for a in group["answer"]} for q, group in table.groupby("question")}
    run = {q: {a: float(noise([q])[0] @ noise([a])[0]) for a in answers} for q in truth}
    measures = {"recall.1,5,10", "ndcg_cut.10", "recip_rank"}
    theirs = pytrec_eval.RelevanceEvaluator(truth, measures).evaluate(run)
    for place, q in enumerate(dict.fromkeys(table["question"])):
        for k in (1, 5, 10):
            assert found[f"faq_recall_at_{k}"][place] == pytest.approx(theirs[q][f"recall_{k}"])
        assert found["faq_ndcg_at_10"][place] == pytest.approx(theirs[q]["ndcg_cut_10"])
        whole = theirs[q]["recip_rank"]
        assert found["faq_mrr_at_10"][place] == pytest.approx(whole if whole >= 0.1 else 0)


@pytest.mark.parametrize(
    ("table", "why"),
    [
        (None, "no_faq"),
        (questions().assign(held_out=False), "no_questions"),
        (questions().assign(answer="always the same"), "one_answer"),
    ],
)
def test_what_cannot_be_asked_says_why(table, why):
    for one in transfer.faq(letters, table):
        assert one.score.value is None and one.score.missing == why and one.rows is None


# Duplicates


def decisions(match, cosine):
    return pd.DataFrame({"row": range(len(match)), "match": match, "cosine": cosine})


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_average_precision_is_sklearns(seed, ties):
    rng = np.random.default_rng(seed)
    match, cosine = rng.random(80) < 0.3, rng.normal(size=80)
    cosine = np.round(cosine, 1) if ties else cosine
    found = transfer.duplicates(decisions(match, cosine))
    assert found.score.value == pytest.approx(average_precision_score(match, cosine), abs=1e-12)
    assert average_precision_score(found.rows["gold"], found.rows["value"]) == pytest.approx(found.score.value)
    assert found.score.facts["share"] == match.mean()


def test_average_precision_of_a_perfect_and_of_a_useless_order():
    perfect = decisions(np.array([1, 1, 0, 0], bool), np.array([0.9, 0.8, 0.2, 0.1]))
    useless = decisions(np.array([1, 0, 0, 0], bool), np.zeros(4))
    assert [transfer.duplicates(table).score.value for table in (perfect, useless)] == [1, 0.25]


@pytest.mark.parametrize(
    ("table", "why"),
    [
        (None, "no_decisions"),
        (decisions([], []), "no_decisions"),
        (decisions([True, True], [0.1, 0.2]), "one_class"),
        (decisions([False, False], [0.1, 0.2]), "one_class"),
        (decisions([True, False], [0.1, np.nan]), "not_finite"),
    ],
)
def test_decisions_of_one_kind_have_no_average_precision(table, why):
    found = transfer.duplicates(table)
    assert found.score.value is None and found.score.missing == why
