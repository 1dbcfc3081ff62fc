"""The live demonstration: what both models find, side by side, and what the votes come to. Nothing is encoded in this process."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import cache
from dashboard.context import PageContext
from dashboard.widgets import errors, layout, waiting
from dashboard.widgets.text import plain
from dashboard.widgets.two_lists import List, Row, two_lists
from kdmcse import demonstration
from kdmcse.demonstration import Answers, Ballot, Finds, index_of
from kdmcse.demonstration.index import PICTURE_MEAN, has_pictures, picture_index, search_folder
from kdmcse.engine.runs import Run
from kdmcse.errors import UserError
from kdmcse.models import references
from kdmcse.presentation.votes import method_sentence, vote_sentence
from kdmcse.processes import search_index
from kdmcse.processes.query_encoder import PictureReader, Student, picture_file
from kdmcse.results.typical_run import current_and_new, folder_of

_SIDES = ("A", "B")
_JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
_LOOKED_AT = 400
"""captions that tell in which languages all are"""
_HARDLY = 0.05


@dataclass(frozen=True)
class Pair:
    """The two models that are shown."""

    current: Run
    new: Run
    prepared: demonstration.Prepared

    @property
    def runs(self) -> tuple[Run, Run]:
        return self.current, self.new

    def students(self) -> list[Student]:
        """What to encode a sentence with, the current one first."""
        return [Student(str(run.student), run.config.training.prompt) for run in self.runs]


def models(context: PageContext) -> Pair | None:
    """The untouched student and the KDMCSE training in the middle; None where one of them was not measured."""
    both = current_and_new(context.analysis)
    if both is None:
        return None
    prepared = demonstration.prepared(context.dataset, *(run.evaluation for run in both))
    return Pair(*(folder_of(context.analysis, run) for run in both), prepared)


def warm(pair: Pair) -> None:
    """Have both models loaded while the visitor types, where they are on this machine."""
    students = pair.students()
    if all((path := references.local_path(one.ref)) and path.is_dir() for one in students):
        cache.query_encoder().warm(students)


def can_search(context: PageContext, pair: Pair, scope: str) -> bool:
    """Whether this scope can be searched; else the way to it is shown."""
    if scope == "held_out":
        return True
    if _ready(context, pair, t_missing="page_live.scope.missing", done=search_index.has_all(pair.new, pair.current)):
        count = context.t.number(len(cache.searched(context.dataset, scope)))
        st.warning(context.t("page_live.scope.trained", count=count), icon=":material/school:")
        return True
    return False


def _ready(context: PageContext, pair: Pair, *, t_missing: str, done: bool) -> bool:
    """Whether vectors that take a background job are there; else how far the job is, or the button that starts it."""
    t = context.t
    job = search_index.job(pair.new)
    if job.status() == "running":
        waiting.until_ended(
            t,
            job,
            lambda: ((job.progress() or {}).get("share", 0.0), t("page_live.scope.working")),
            key=f"search_{t_missing.rpartition('.')[2]}",
        )
        return False
    if done:
        return True
    if context.workspace.is_frozen():
        st.info(t("page_live.scope.frozen"), icon=":material/lock:")
        return False
    if job.status() == "failed":
        waiting.failed(t, job, t("page_live.scope.failed"))
    with st.container(border=True, key="empty", horizontal_alignment="center"):
        st.text(t(t_missing, count=t.number(len(cache.searched(context.dataset, "everything")))))
        if st.button(t("page_live.scope.start"), type="primary", key="start_search_index"):
            with errors.error_boundary(t):
                search_index.start(pair.new, pair.current)
                st.rerun()
    return False


def find(context: PageContext, pair: Pair, scope: str, text: str) -> Answers | None:
    """What both models find; None where a sentence cannot be read now, which is said."""
    items = cache.searched(context.dataset, scope)
    indexes = [index_of(run, items) for run in pair.runs]
    known = items.place.get(text)
    if known is not None:  # its vectors are there: no model is needed
        vectors = [index.of(known) for index in indexes]
    else:
        vectors = _encoded(context, pair, text)
        if vectors is None:
            return None
    return demonstration.answer(items, text, *zip(indexes, vectors, strict=True))


def _encoded(context: PageContext, pair: Pair, text: str) -> list[np.ndarray] | None:
    t, students, encoder = context.t, pair.students(), cache.query_encoder()
    try:
        for which, one in zip(("current", "new"), students, strict=True):
            missing = _missing(one.ref)
            if missing:
                which = t(f"page_live.which.{which}")
                st.warning(
                    plain(t("page_live.query.gone", which=which, why=missing.sentences(t))), icon=":material/link_off:"
                )
                return None
        if encoder.is_ready(students):
            return encoder.encode(text, students)
        return waiting.while_working(
            t, "load_models", t("page_live.query.loading"), lambda: encoder.encode(text, students)
        )
    except UserError as error:
        errors.show_error(t, error)
        return None


def _missing(ref: str) -> UserError | None:
    """Why a model that is to be on this machine cannot be loaded, as far as its files tell; nothing is asked of a hub."""
    try:
        if references.local_path(ref) is not None:
            references.require(ref, "student")
    except UserError as error:
        return error
    return None


def _is_in_another_language(text: str, captions: pd.Series) -> bool:
    """Whether hardly a caption is written in the letters of the text: Japanese ones, or none of them."""
    spread = captions.iloc[:: max(1, len(captions) // _LOOKED_AT)]
    alike = sum(bool(_JAPANESE.search(one)) == bool(_JAPANESE.search(text)) for one in spread)
    return alike < _HARDLY * len(spread)


def ballot(pair: Pair, scope: str, text: str) -> Ballot:
    """What a vote on these two lists is about."""
    return Ballot(text, scope, pair.current.id, pair.new.id)


def headline(context: PageContext, pair: Pair, answers: Answers) -> None:
    """How far the two lists agree, as one figure."""
    st.markdown(f"## {plain(_agreement(context, pair, answers))}", anchors=False)


def notes(context: PageContext, answers: Answers, scope: str, text: str) -> None:
    """What to know about both lists."""
    t, few = context.t, answers.searched <= answers.count
    said = [t(f"page_live.result.{'of_few' if few else 'of'}", count=t.number(answers.count))]
    said += [t("page_live.query.left_out")] * answers.left_out
    captions = cache.searched(context.dataset, scope).table["caption"]
    said += [t("page_live.query.other_language")] * _is_in_another_language(text, captions)
    said += [t("page_live.result.no_pictures")] * (not context.dataset.has_images)
    st.caption(t.join(said))


def compare(context: PageContext, answers: Answers) -> None:
    """Both lists with the names of the models."""
    t = context.t
    lists = [
        List(t(f"page_live.result.{which}"), _rows(context, finds, answers.moves, side))
        for side, (which, finds) in enumerate((("current", answers.current), ("new", answers.new)))
    ]
    _lists(context, lists, answers.moves, blind=False, key="live_compare")


def _agreement(context: PageContext, pair: Pair, answers: Answers) -> str:
    t, count = context.t, context.t.number(answers.count)
    if answers.alike:
        return t("page_live.result.identical" if _identical(context, pair) else "page_live.result.alike")
    if answers.shared == answers.count:
        return t("page_live.result.reordered", count=count)
    if not answers.shared:
        return t("page_live.result.disjoint", count=count)
    return t("page_live.result.shared", shared=t.number(answers.shared), count=count)


def _identical(context: PageContext, pair: Pair) -> bool:
    items = cache.searched(context.dataset, "held_out")
    one, other = (index_of(run, items).vectors for run in pair.runs)
    return one.shape == other.shape and bool(np.array_equal(one, other))


def blind(context: PageContext, answers: Answers, whose: tuple[str, str]) -> None:
    """Both lists on the sides of this person, without a word on whose they are. whose: `current` or `new` at A and at B."""
    found = {"current": answers.current, "new": answers.new}
    lists = [
        List(context.t("page_live.vote.list", side=side), _rows(context, found[model]))
        for side, model in zip(_SIDES, whose, strict=True)
    ]
    moves = answers.moves if whose[0] == "current" else [move[::-1] for move in answers.moves]
    _lists(context, lists, sorted(moves), blind=True, key="live_blind")


def _lists(context: PageContext, lists: list[List], moves: list[tuple[int, int]], *, blind: bool, key: str) -> None:
    two_lists(
        lists,
        moves,
        label=context.t("page_live.result.label"),
        pictures=context.dataset.has_images,
        blind=blind,
        key=key,
    )


def _rows(context: PageContext, finds: Finds, moves: list[tuple[int, int]] | None = None, side: int = 1) -> list[Row]:
    """The results of one list. moves: what to say about them, nothing without; side: 0 for the current model's list, 1 for the new one's."""
    t, rows = context.t, []
    before = {new: current for current, new in moves or []}
    shared = {move[side] for move in moves or []}
    for place, hit in enumerate(finds.hits):
        notes = []
        if moves is not None and place not in shared:
            notes.append(("only", t("page_live.result.only")))
        elif moves is not None and side == 1:
            notes.append(_moved(context, before[place] - place))
        if moves is not None and hit.same_group:
            notes.append(("group", t("page_live.result.group")))
        rows.append(Row(hit.caption, cache.tile(context.dataset, hit.image), notes))
    return rows


def _moved(context: PageContext, places: int) -> tuple[str, str]:
    kind = "up" if places > 0 else "down" if places < 0 else "same"
    return kind, context.t(f"page_live.result.{kind}", **({"count": context.t.number(abs(places))} if places else {}))


def picture(context: PageContext, pair: Pair, scope: str) -> bool:
    """The search with a picture, for a new model that has learnt beside pictures; whether there is a picture, and so its results."""
    t = context.t
    with layout.folded("live_picture", t("page_live.picture.title"), icon=":material/image_search:") as opened:
        if not opened:
            return False
        if not search_index.reads_pictures(pair.new):
            st.text(t("page_live.picture.no"))
            return False
        st.caption(t("page_live.picture.explain"))
        if not _ready(context, pair, t_missing="page_live.picture.prepare", done=has_pictures(pair.new)):
            return False
        dropped = st.file_uploader(
            t("page_live.picture.upload"), type=["jpg", "jpeg", "png", "webp"], key="live_dropped"
        )
        if dropped is None:
            return False
        with errors.error_boundary(t):
            _by_picture(context, pair, scope, dropped.getvalue())
            return True
    return False


def _by_picture(context: PageContext, pair: Pair, scope: str, content: bytes) -> None:
    t, items, run = context.t, cache.searched(context.dataset, scope), pair.new
    mean = search_folder(run) / PICTURE_MEAN
    unit_length = run.config.training.teacher_length == "unit"
    reader = PictureReader(
        run.config.teacher, str(run.folder / "heads.safetensors"), str(mean) if mean.exists() else None, unit_length
    )
    with picture_file(content) as path:
        vector = waiting.while_working(
            t,
            "load_picture_models",
            t("page_live.picture.searching"),
            lambda: cache.query_encoder().encode_picture(path, reader),
        )
    answers = demonstration.answer(items, None, None, (picture_index(run, context.dataset, items), vector))
    st.markdown(f"## {plain(t('page_live.result.picture'))}", anchors=False)
    st.caption(t("page_live.result.picture_note"))
    lists = [List(t("page_live.result.new"), _rows(context, answers.new))]
    _lists(context, lists, [], blind=False, key="live_picture_list")


def tally(context: PageContext, pair: Pair) -> None:
    """What the votes on these models come to, and by sentence."""
    t = context.t
    where = context.workspace, context.dataset.fingerprint
    found = demonstration.summary(*where, new=pair.new.id)
    layout.section(t("page_live.tally.title"))
    if found.reason == "no_votes":
        st.text(t("page_live.tally.invite"))
        return
    st.text(vote_sentence(t, found))
    with layout.folded("live_votes", t("page_live.tally.sentences"), icon=":material/how_to_vote:") as opened:
        if opened:
            table = demonstration.votes(*where, new=pair.new.id)
            counts = pd.crosstab(table["text"], table["preference"]).reindex(
                columns=["new", "current", "equal"], fill_value=0
            )
            heads = {name: t(f"page_live.tally.{name}") for name in counts.columns}
            counts = counts.rename(columns=heads).reset_index(names=t("page_live.tally.sentence"))
            layout.table_with_download(t, counts, f"votes-{context.dataset.fingerprint}")
            st.caption(plain(method_sentence(t, found)))
