"""Annotation in sentences: which pairs were proposed, how far people are, whether they agree."""

from kdmcse.annotation.agreement import MIN_COMMON, Agreement, AnnotatorAgreement, Coefficients, PairAgreement
from kdmcse.annotation.judgements import IDLE_SECONDS, AnnotationEffort
from kdmcse.annotation.sampling import Proposal
from kdmcse.i18n import Locale


def proposal_sentences(t: Locale, proposal: Proposal) -> str:
    """How many pairs there are now, how they were chosen, and what limited the choice."""
    disputed = "disputed" if len(proposal.models) > 1 else "not_disputed"
    return t.join(
        [
            t("annotation.proposed.added", count=proposal.added, total=t.number(len(proposal.items))),
            t("annotation.proposed.all") if proposal.added < proposal.asked else None,
            t(f"annotation.proposed.{proposal.measure}"),
            t(f"annotation.proposed.{disputed}"),
        ]
    )


def effort_sentences(t: Locale, effort: AnnotationEffort) -> str:
    """How many pairs are judged, and how long that took."""
    progress = t(
        "annotation.progress",
        pairs=t.number(effort.pairs),
        total=t.number(effort.items),
        by_two=t.number(effort.pairs_by_two),
        judgements=t("annotation.judgements", count=effort.judgements),
        people=t("annotation.people", count=effort.annotators),
    )
    if not effort.timed:
        return t.join([progress, t("annotation.pace_none")])
    seconds, total = t.number(effort.seconds, 1), t.duration(3600 * effort.hours)
    timed, idle = t.number(effort.timed), t.number(IDLE_SECONDS)
    return t.join([progress, t("annotation.pace", seconds=seconds, total=total, timed=timed, idle=idle)])


def agreement_sentences(t: Locale, agreement: Agreement) -> str:
    """How far everybody agrees, or why that cannot be measured."""
    if agreement.reason or agreement.kappa is None:
        without = (pair.both for pair in agreement.pairs if pair.both.kappa is None)
        nearest = max(without, key=lambda both: both.common, default=None)
        reason = agreement.reason or nearest.reason
        if agreement.silent and reason == "all_equal":
            return t("annotation.silent", names=t.list(agreement.silent), count=len(agreement.silent))
        return reason_sentence(t, reason, nearest.common if nearest else 0)
    sentence = t(
        "annotation.agreement",
        level=t(f"annotation.level.{agreement.level}"),
        kappa=t.number(agreement.kappa, 2),
        alpha=t.number(agreement.alpha, 2),
        common=t.number(agreement.common),
        people=t.number(len(agreement.annotators)),
    )
    return t.join([sentence, t("annotation.advice") if agreement.level in ("low", "moderate") else None])


def agreement_lines(t: Locale, agreement: Agreement) -> list[str]:
    """A line for each person, and one for every two people who can be compared where there are more than two."""
    people = [_annotator_line(t, person) for person in agreement.annotators]
    return people + [_pair_line(t, pair) for pair in agreement.compared]


def missing_lines(t: Locale, agreement: Agreement) -> list[str]:
    """The people whose agreement is undefined although that of everybody is not, each with the reason."""
    if agreement.reason:
        return []
    lines = []
    for person in agreement.annotators:
        if reason := person.others.reason:
            reason = "few_with_others" if reason == "few_common" else reason
            if person.others.silent:
                why = t(f"annotation.silent_{person.others.silent[0]}")
            else:
                why = reason_sentence(t, reason, person.others.common)
            lines.append(t("annotation.missing", name=person.name, why=why))
    return lines


def reason_sentence(t: Locale, reason: str, common: int) -> str:
    """A reason of `REASONS`, or `few_with_others` of one person; `common`: items that both sides judged."""
    return t(f"annotation.reason.{reason}", count=common, needed=t.number(MIN_COMMON))


def coefficient_texts(t: Locale, coefficients: Coefficients) -> dict[str, str]:
    """common, kappa, alpha and difference as text."""
    return {
        "common": t.number(coefficients.common),
        "kappa": t.number(coefficients.kappa, 2),
        "alpha": t.number(coefficients.alpha, 2),
        "difference": t.signed(coefficients.difference, 2),
    }


def _annotator_line(t: Locale, person: AnnotatorAgreement) -> str:
    judgements = t("annotation.judgements", count=person.judgements)
    line = t("annotation.annotator", name=person.name, judgements=judgements, seconds=t.number(person.seconds, 1))
    others = None if person.others.reason else t("annotation.others", **coefficient_texts(t, person.others))
    return t.join([line, others])


def _pair_line(t: Locale, pair: PairAgreement) -> str:
    return t("annotation.pair", first=pair.first, second=pair.second, **coefficient_texts(t, pair.both))
