"""A tuning study in sentences: its trials, which one is chosen, and what the figures do not show."""

from kdmcse.i18n import Locale
from kdmcse.presentation.data import dataset_name
from kdmcse.presentation.settings import change_text
from kdmcse.results.trials import MATCH_SCORE, SEED_NOISE, Trial, Tuning


def study_text(t: Locale, tuning: Tuning) -> str:
    """The study line by line: every trial, the front, the source of the cost, the choice and its limits."""
    states = [trial.state for trial in tuning.trials]
    counts = {state: t("tune.trials", count=states.count(state)) for state in ("complete", "pruned", "failed")}
    rows = t.number(len(tuning.dataset.dev))
    lines = [
        t("tune.title", method=tuning.method, name=dataset_name(t, tuning.dataset), rows=rows, **counts),
        *(trial_line(t, tuning, trial, on_front=trial.number in tuning.front) for trial in tuning.trials),
        t("tune.front"),
        t("tune.cost_derived", score=t.number(MATCH_SCORE, 1)) if tuning.costs else t("tune.cost_missing"),
        *_choice_lines(t, tuning),
    ]
    if tuning.out_of_time:
        lines.append(t("tune.out_of_time"))
    return "\n".join([*lines, t("tune.honest")])


def trial_line(t: Locale, tuning: Tuning, trial: Trial, *, on_front: bool = False) -> str:
    """One trial: its number, scores or reason to end, and settings; a star on the front."""
    if trial.state == "failed":
        result = t("tune.failed", reason=trial.error)
    elif trial.state == "pruned":
        step, score = trial.looks[-1]
        result = t("tune.pruned", step=t.number(step), spearman=t.number(score, 3))
    else:
        result = t(
            "tune.measured",
            spearman=t.number(trial.measured.dev_spearman, 3),
            cost=t.money(tuning.costs.get(trial.number), tuning.prices.currency if tuning.prices else ""),
            uniformity=t.number(trial.measured.uniformity, 2),
            filtered=t.percent(trial.filtered_share, 1),
        )
    return f"{'*' if on_front else ' '} {trial.number:3d}  {result}  {change_text(t, trial.tried)}"


def _choice_lines(t: Locale, tuning: Tuning) -> list[str]:
    if tuning.before is None:
        return [t("tune.no_before", number=tuning.chosen.number)]
    if tuning.chosen == tuning.before:
        return [t("tune.no_gain")]
    gain, errors = t.number(tuning.gain, 3), t.number(tuning.standard_errors, 1)
    lines = [t("tune.gain", number=tuning.chosen.number, gain=gain, errors=errors)]
    if tuning.gain < SEED_NOISE:
        lines.append(t("tune.seed_noise", noise=t.number(SEED_NOISE, 2)))
    return lines
