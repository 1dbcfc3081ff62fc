"""The students between today's and the trained one, in words and tables. Calculates nothing."""

from collections.abc import Sequence

from kdmcse.i18n import Locale
from kdmcse.presentation.statistics import difference_text, interval_text
from kdmcse.results.interpolation import Stop
from kdmcse.stats import Comparison


def tests_of(t: Locale, stop: Stop, metric: str) -> dict[str, Comparison]:
    """What a student was measured by, by its name: the metric that decides, then every public test."""
    return {t(f"results.metric.{metric}"): stop.own} | {
        t(f"benchmarks.metric.{name}"): one for name, one in stop.general.items()
    }


def stop_lines(t: Locale, stops: Sequence[Stop], metric: str) -> list[str]:
    """A line a student; and that what was forgotten is not known, where it is not."""
    lines = []
    for stop in stops:
        parts = [f"{t('interpolation.share')} {t.percent(stop.share)}"]
        for name, one in tests_of(t, stop, metric).items():
            parts.append(f"{name} {interval_text(t, one.candidate)}")
            parts.append(f"{t('interpolation.gain', name=name)} {difference_text(t, one.difference)}")
        lines.append(t("interpolation.separator").join(parts))
    return lines if any(stop.general for stop in stops) else [*lines, t("interpolation.unknown")]
