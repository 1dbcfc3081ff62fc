"""The folders of a workspace. Knows nothing of what is in them."""

from dataclasses import dataclass
from pathlib import Path

from kdmcse.errors import UserError
from kdmcse.store import frozen


@dataclass(frozen=True)
class Workspace:
    """A folder that holds datasets, teacher vectors, runs, prices, contracts and judgements. Created at first use, unless it is frozen."""

    path: Path
    aside: Path | None = None
    """where votes and saved queries go in place of this folder; None: into it"""

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", Path(self.path).expanduser().resolve())
        if self.is_frozen():
            return
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

    def is_frozen(self) -> bool:
        """Whether this is a snapshot, into which nothing is written."""
        return frozen.is_frozen(self.path)

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
    def models(self) -> Path:
        """Where people put models of their own; need not be there."""
        return self.path / "models"

    @property
    def drafts(self) -> Path:
        """What was typed into forms and not sent yet; there once something was."""
        return self.path / "drafts"

    @property
    def demonstrations(self) -> Path:
        """There once a query was saved or somebody voted."""
        return self.path / "demonstrations"

    @property
    def demonstrations_written(self) -> Path:
        """Where votes and saved queries go: those that the workspace holds already are read too."""
        return (self.aside or self.path) / "demonstrations"

    @property
    def pins(self) -> Path:
        """Which examples are shown in the meeting, a file a dataset; there once one was pinned."""
        return self.path / "pins"

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
