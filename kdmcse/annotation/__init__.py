"""Sentence pairs of one's own domain, judged by people. No model is run here.

    sampling    which pairs of held-out captions are worth judging, from like to unlike
    judgements  the scores of each annotator, the time they took, and the table that models are measured on
    agreement   how far annotators agree: kappa by scikit-learn, alpha by NLTK

    labels/<dataset fingerprint>/  items.jsonl, judgements/<annotator>.jsonl, agreement.json, .lock, and the files of a BackgroundJob

Items and judgements are appended and never changed; the last line of an annotator about an item counts.
"""

from kdmcse.annotation.agreement import (
    MIN_COMMON,
    Agreement,
    AnnotatorAgreement,
    Coefficients,
    PairAgreement,
    current_agreement,
    keep_agreement,
    measure_agreement,
    needs_no_library,
    read_agreement,
)
from kdmcse.annotation.judgements import (
    IDLE_SECONDS,
    SCORES,
    AnnotationEffort,
    AnnotationQueue,
    annotation_effort,
    annotation_queue,
    annotators,
    clean_name,
    delete_labels,
    judge,
    judged,
    judged_cosines,
    judgements,
    look_again,
    skip,
    undo,
)
from kdmcse.annotation.sampling import BANDS, MAX_PROPOSED, Item, Proposal, propose, read_items

__all__ = [
    "BANDS",
    "IDLE_SECONDS",
    "MAX_PROPOSED",
    "MIN_COMMON",
    "SCORES",
    "Agreement",
    "AnnotatorAgreement",
    "AnnotationQueue",
    "AnnotationEffort",
    "Item",
    "Coefficients",
    "PairAgreement",
    "Proposal",
    "annotators",
    "clean_name",
    "delete_labels",
    "annotation_queue",
    "annotation_effort",
    "judge",
    "judged",
    "judged_cosines",
    "judgements",
    "current_agreement",
    "keep_agreement",
    "look_again",
    "measure_agreement",
    "needs_no_library",
    "propose",
    "read_agreement",
    "read_items",
    "skip",
    "undo",
]
