"""Blind votes in sentences."""

from kdmcse.demonstration import LEAST_VOTES, Summary
from kdmcse.i18n import Locale


def vote_sentence(t: Locale, votes: Summary) -> str:
    """What the room prefers, how sure that is, and what it rests on."""
    if votes.reason == "no_votes":
        return t("votes.none")
    few = t("votes.few", least=t.number(LEAST_VOTES), decided=t.number(votes.decided))
    verdict = t(f"votes.verdict.{votes.verdict}") if votes.verdict else few if votes.reason == "few_votes" else None
    sentences = [verdict or t("votes.undecided")]
    if votes.decided:
        ends = {
            name: t.percent(value) for name, value in (("share", votes.share), ("low", votes.low), ("high", votes.high))
        }
        sentences.append(t("votes.share", new=t.number(votes.new), decided=t.number(votes.decided), **ends))
    if votes.equal:
        sentences.append(t("votes.equal", count=votes.equal))
    people, queries = t("votes.people", count=votes.people), t("votes.queries", count=votes.queries)
    return t.join([*sentences, t("votes.by", people=people, queries=queries)])


def method_sentence(t: Locale, votes: Summary) -> str:
    """How votes come about and what a verdict takes."""
    ahead, behind = t.number(votes.queries_for_new), t.number(votes.queries_for_current)
    return t("votes.method", ahead=ahead, behind=behind, p=t.number(votes.p_value, 3))
