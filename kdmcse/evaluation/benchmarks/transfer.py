"""What else the vectors are good for, with nothing trained but a linear classifier: sentence classes, questions to answers, duplicates.

An `encode` is as in `kdmcse.evaluation.encoder`: texts -> (n, H) float32 of unit length. Nothing here changes a student.
"""

import hashlib

import numpy as np
import pandas as pd

from kdmcse.evaluation.benchmark_scores import Measured, Score, missing, probe_name
from kdmcse.evaluation.encoder import Encoder
from kdmcse.evaluation.retrieval import search
from kdmcse.metrics import LABEL
from kdmcse.stats.units import connected

PROBE_CAPTIONS = 400
"""as many training captions as the classifier learns from: more would cost each run seconds"""
FOLDS = 3
STRENGTHS = (0.25, 2.0, 16.0)
"""C of the classifier, from the strongest to the weakest regularisation; SentEval tries 0.25 to 8"""
TOLERANCE = 2e-3
"""of the gradient at which the classifier counts as fitted"""
FAQ_MEASURES = ("recall_at_1", "recall_at_5", "recall_at_10", "mrr_at_10", "ndcg_at_10")


def probe(encode: Encoder, pairs: pd.DataFrame, label: str = LABEL) -> Measured:
    """Accuracy of a logistic classifier of a column, learnt on training captions and tried on held-out ones (SentEval, Conneau and Kiela 2018).

    pairs: `pair`, `caption`, `group`, `split`, `held_out` and the label. C is chosen by cross-validation over groups of the training
    captions. Classes with a single training caption are left out, and held-out captions of classes that were not learnt.
    The vectors are frozen, and scaled to the length of the square root of H, so that C means the same for every width.
    """
    name = probe_name(label)
    if label not in pairs:
        return missing(name, "no_label", 0, label=label)
    labelled = pairs[pairs[label].str.strip() != ""]
    learnt, tried = labelled[labelled["split"] == "train"], labelled[labelled["held_out"]]
    sizes = learnt[label].value_counts()
    classes = set(sizes.index[sizes > 1])
    left_out = int((~learnt[label].isin(classes)).sum())
    learnt, known = _drawn(learnt[learnt[label].isin(classes)], label), tried[label].isin(classes)
    facts = {"label": label, "classes": len(classes), "learnt": len(learnt), "left_out": left_out, "unknown": int((~known).sum())}  # fmt: skip
    tried = tried[known]
    if len(classes) < 2:
        return missing(name, "one_label", len(tried), **facts)
    if not len(tried):
        return missing(name, "nothing_to_try", 0, **facts)
    before, after = encode(learnt["caption"]), encode(tried["caption"])
    if not (np.isfinite(before).all() and np.isfinite(after).all()):
        return missing(name, "not_finite", len(tried), **facts)
    # The mean is the intercept's business; without it the classifier takes half the steps.
    mean, scale = before.mean(axis=0), np.sqrt(before.shape[1])
    vectors, others = ((each - mean) * scale for each in (before, after))
    said, strength = _classify(vectors, learnt[label].to_numpy(), learnt["group"].to_numpy(), others)
    right = said == tried[label].to_numpy()
    facts |= {"majority": float(tried[label].value_counts(normalize=True).iloc[0]), "strength": strength}
    table = pd.DataFrame({"row": tried["pair"], "value": right.astype(float), "unit": tried["group"]})
    return Measured(name, Score(float(right.mean()), len(table), facts=facts), table)


def faq(encode: Encoder, table: pd.DataFrame | None) -> list[Measured]:
    """Recall at 1, 5, 10, mean reciprocal rank and nDCG at 10 of finding a question's answers among all distinct answers.

    table: `row`, `question`, `answer`, `held_out`. A question that stands in several rows is asked once, and each of its answers is right.
    Questions that share an answer are one unit, also by way of others.
    """
    names = [f"faq_{measure}" for measure in FAQ_MEASURES]
    if table is None:
        return [missing(name, "no_faq", 0) for name in names]
    asked = table["question"].str.casefold()
    answer, answers = pd.factorize(table["answer"])
    questions = table[table["held_out"]].loc[lambda kept: ~asked[kept.index].duplicated()]
    facts = {"answers": len(answers), "left_out": int((~table["held_out"]).sum())}
    why = "no_questions" if not len(questions) else "one_answer" if len(answers) < 2 else None
    if why:
        return [missing(name, why, len(questions), **facts) for name in names]
    queries, documents = encode(questions["question"]), encode(answers)
    if not (np.isfinite(queries).all() and np.isfinite(documents).all()):
        return [missing(name, "not_finite", len(questions), **facts) for name in names]
    answered = pd.Series(answer).groupby(asked.to_numpy()).unique()
    right = [np.sort(answered[question]) for question in asked[questions.index]]
    ranks = search(queries, documents, right)
    ranks["mrr_at_10"] = np.where(ranks["rank"] <= 10, 1 / ranks["rank"], 0.0)
    asks = np.repeat(np.arange(len(right)), [len(one) for one in right])
    tied = connected(asks, len(right) + np.concatenate(right), len(right) + len(answers))
    units = [f"question {first}" for first in tied[: len(right)]]
    return [
        Measured(
            f"faq_{measure}",
            Score(float(ranks[measure].mean()), len(ranks), facts=facts),
            pd.DataFrame({"row": questions["row"].to_numpy(), "value": ranks[measure], "unit": units}),
        )
        for measure in FAQ_MEASURES
    ]


def duplicates(decisions: pd.DataFrame | None) -> Measured:
    """Average precision of the cosine for `match`, over the held-out decisions. decisions: `row`, `match`, `cosine`.

    What decisions share, their texts say: see `results.rows`.
    """
    from sklearn.metrics import average_precision_score

    name = "duplicates_average_precision"
    if decisions is None or not len(decisions):
        return missing(name, "no_decisions", 0)
    match, cosine = decisions["match"].to_numpy(bool), decisions["cosine"].to_numpy(float)
    facts = {"matches": int(match.sum()), "share": float(match.mean())}
    if not np.isfinite(cosine).all():
        return missing(name, "not_finite", len(match), **facts)
    if match.all() or not match.any():
        return missing(name, "one_class", len(match), **facts)
    table = pd.DataFrame(
        {"row": decisions["row"], "value": cosine, "unit": decisions["row"], "gold": match.astype(float)}
    )
    return Measured(name, Score(float(average_precision_score(match, cosine)), len(match), facts=facts), table)


def _drawn(learnt: pd.DataFrame, label: str) -> pd.DataFrame:
    """At most `PROBE_CAPTIONS`, by the digest of the caption, so the same for every model; two of each class in any case."""
    if len(learnt) <= PROBE_CAPTIONS:
        return learnt
    order = learnt["caption"].map(lambda caption: hashlib.sha256(caption.encode()).hexdigest())
    ranked = learnt.loc[order.sort_values(kind="stable").index]
    first = ranked.groupby(label).cumcount() < 2
    return pd.concat([ranked[first], ranked[~first].head(max(0, PROBE_CAPTIONS - int(first.sum())))])


def _classify(
    learnt: np.ndarray, classes: np.ndarray, groups: np.ndarray, tried: np.ndarray
) -> tuple[np.ndarray, float]:
    """Vectors (n, H) and their class and group; what the classifier says of the others (m, H), and the C that was chosen."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    # Thousands of tiny products: threads that wait for each other, and for a busy neighbour, cost a hundred times as much.
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore", ConvergenceWarning)
        right = np.zeros(len(STRENGTHS))
        for kept, checked in _folds(classes, groups):
            model = LogisticRegression(tol=TOLERANCE, warm_start=True)
            for place, strength in enumerate(STRENGTHS):
                model.set_params(C=strength).fit(learnt[kept], classes[kept])
                right[place] += np.sum(model.predict(learnt[checked]) == classes[checked])
        strength = STRENGTHS[int(right.argmax())]
        model = LogisticRegression(tol=TOLERANCE, C=strength).fit(learnt, classes)
    return model.predict(tried), strength


def _folds(classes: np.ndarray, groups: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Learn and check rows of each fold, a group wholly on one side; without those in which there is but one class to learn."""
    import warnings

    from sklearn.model_selection import StratifiedGroupKFold

    folds = min(FOLDS, len(np.unique(groups)), np.unique(classes, return_counts=True)[1].max())
    if folds < 2:
        return []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a class smaller than the number of folds
        cut = list(StratifiedGroupKFold(int(folds), shuffle=True, random_state=0).split(groups, classes, groups))
    return [(kept, checked) for kept, checked in cut if len(np.unique(classes[kept])) > 1]
