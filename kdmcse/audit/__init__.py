"""Has this teacher anything to teach here? What is measured of it before hours are spent. No page and no words here.

    cosines     how true and wrong pairs, images and captions lie for it, and whether it finds the pairs again
    filters     what a false-negative filter would leave out, and a sample of it for people to judge
    batches     the negatives that a training will see: how many look true, how far their margins differ
    agreement   with people, beside the untouched student's
    reading     texts that a model cuts, and words that it does not know; told beside a training too
    audit       all of these in one value, kept in one file
    judgements  yes or no by people, and how right a filter is by them

`kdmcse.processes.audit` measures in the background. The dashboard reads what is kept; nothing that it imports from here loads a model.
"""

from kdmcse.audit.audit import Audit, Space, audits, folder_of, keep, measure, read, replaced, to_dict
from kdmcse.audit.filters import Filter, Negative
from kdmcse.audit.judgements import Judged, Share, judge, judged, judgements, said_by, to_judge
from kdmcse.audit.reading import Reading, before_training

__all__ = [
    "Audit",
    "Filter",
    "Judged",
    "Negative",
    "Reading",
    "Share",
    "Space",
    "audits",
    "before_training",
    "folder_of",
    "judge",
    "judged",
    "judgements",
    "keep",
    "measure",
    "read",
    "replaced",
    "said_by",
    "to_dict",
    "to_judge",
]
