"""The folders of a workspace. Knows nothing of what is in them."""

from dataclasses import dataclass
from pathlib import Path

from kdmcse.errors import UserError


@dataclass(frozen=True)
class Workspace:
    """A folder that holds datasets, teacher vectors, runs, prices, contracts and judgements. Created at first use."""

    path: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", Path(self.path).expanduser().resolve())
        for folder in (
            self.datasets,
            self.teachers,
            self.runs,
            self.prices,
            self.contracts,
            self.labels,
            self.evidence,
        ):
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise UserError("workspace_unusable", folder=self.path, reason=error.strerror) from error

    @property
    def datasets(self) -> Path:
        return self.path / "datasets"

    @property
    def teachers(self) -> Path:
        return self.path / "teacher"

    @property
    def runs(self) -> Path:
        return self.path / "runs"

    @property
    def prices(self) -> Path:
        return self.path / "prices"

    @property
    def evidence(self) -> Path:
        return self.path / "evidence"

    @property
    def contracts(self) -> Path:
        return self.path / "contracts"

    @property
    def labels(self) -> Path:
        return self.path / "labels"

    @property
    def benchmarks(self) -> Path:
        """There once a benchmark was asked for."""
        return self.path / "yardsticks"

    @property
    def tuning(self) -> Path:
        """There once settings were chosen."""
        return self.path / "tuning"

    @property
    def audits(self) -> Path:
        """There once an audit was asked for."""
        return self.path / "audits"

    @property
    def drafts(self) -> Path:
        """There once something was to be imported by the page."""
        return self.path / "drafts"
