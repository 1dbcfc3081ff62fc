"""Sentence pairs of one's own domain, judged by people: which pairs, what they said, whether they agree. No model is run or asked here.

    proposals   held-out captions -> items worth judging, spread over easy and hard ones
    judging     one person's scores, one at a time -> what stands; the time it took; a table to measure models on
    agreement   what several people said about the same items -> kappa and alpha, by scikit-learn and NLTK
    lines       lines of JSON that outlive a kill

    labels/<dataset fingerprint>/  items.jsonl, judgements/<annotator>.jsonl, agreement.json, .lock, and the files of a BackgroundJob

Items and judgements are appended, never changed: what counts is the last thing that a person said about an item.
"""

from kdmcse.annotation.agreement import (
    MIN_COMMON,
    Agreement,
    AnnotatorAgreement,
    Measured,
    PairAgreement,
    keep_agreement,
    measure_agreement,
    needs_no_library,
    read_agreement,
)
from kdmcse.annotation.judgements import (
    IDLE_SECONDS,
    SCORES,
    Desk,
    Effort,
    annotators,
    clean_name,
    csv_for_upload,
    delete_labels,
    desk,
    effort,
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
    "Desk",
    "Effort",
    "Item",
    "Measured",
    "PairAgreement",
    "Proposal",
    "annotators",
    "clean_name",
    "csv_for_upload",
    "delete_labels",
    "desk",
    "effort",
    "judge",
    "judged",
    "judged_cosines",
    "judgements",
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
