"""What embedding costs beside the forward pass: `python tests/benchmarks/teacher_speed.py [PICTURES] [ROUNDS]`.

`teacher.embed` (decoding, keys, normalising, shards on disk) against a plain open_clip loop over the same batches, in alternation in one
process, on the CPU or GPU that is there. The loop decodes and tokenises a batch, then encodes it; the bare forward pass has all
batches prepared beforehand. Prints the ratio of throughput (above 1: embed is faster), minimum, median and maximum, by the clock and
by processor seconds (which a busy neighbour disturbs less, and which overlapping cannot lower).

Pictures: the shop photos beside the checkout when they are there, else the sample's. Teacher: a ViT-B-32 with random weights, and the sample's.
"""

import csv
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import open_clip
import torch
from PIL import Image
from safetensors.torch import save_file

from kdmcse import data, sample
from kdmcse.models import teacher_features, teachers
from kdmcse.store.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]
GROCERY = ROOT.parent / "shared" / "grocery"
SAMPLE = ROOT / "sample_data"
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def random_vit_b_32(folder: Path) -> str:
    """An open_clip folder: compute dominates as in a teacher of use."""
    torch.manual_seed(0)
    model = open_clip.create_model("ViT-B-32")
    config = {"model_cfg": open_clip.get_model_config("ViT-B-32"), "preprocess_cfg": {"size": 224}}
    folder.mkdir()
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    weights = {name: value.contiguous() for name, value in model.state_dict().items()}
    save_file(weights, folder / "open_clip_model.safetensors")
    return f"local-dir:{folder}"


def pilot(workspace: Workspace, pictures: int) -> data.PairDataset:
    source = GROCERY if GROCERY.is_dir() else SAMPLE
    with (source / "pairs.csv").open(newline="", encoding="utf-8") as table:
        rows = list(csv.reader(table))[: pictures + 1]
    pairs = workspace.path / "pairs.csv"
    with pairs.open("w", newline="", encoding="utf-8") as table:
        csv.writer(table).writerows(rows)
    images = source / ("images" if source == GROCERY else "images.zip")
    return data.import_dataset(workspace, name=source.name, images=images, pairs=pairs)


class Loop:
    """What one would write with open_clip alone."""

    def __init__(self, ref: str, dataset: data.PairDataset) -> None:
        self.model, _, self.preprocess = open_clip.create_model_and_transforms(ref, device=DEVICE)
        self.model.eval()
        self.tokenize = open_clip.get_tokenizer(ref)
        paths = [dataset.image_path(sha) for sha in dataset.pairs["image"].drop_duplicates()]
        texts = list(dataset.pairs["caption"].drop_duplicates())
        self.images = [paths[start : start + 64] for start in range(0, len(paths), 64)]
        self.texts = [texts[start : start + 128] for start in range(0, len(texts), 128)]
        self.contents = len(paths) + len(texts)

    def decode(self, paths: list[Path]) -> torch.Tensor:
        return torch.stack([self.preprocess(Image.open(path).convert("RGB")) for path in paths])

    def prepare(self) -> None:
        self.prepared = [self.decode(batch) for batch in self.images], [self.tokenize(batch) for batch in self.texts]

    def plain(self) -> None:
        self._encode(map(self.decode, self.images), map(self.tokenize, self.texts))

    def forward(self) -> None:
        self._encode(*self.prepared)

    def _encode(self, images, texts) -> None:
        with torch.inference_mode(), torch.autocast(DEVICE, torch.bfloat16, enabled=DEVICE == "cuda"):
            for batch in images:
                self.model.encode_image(batch.to(DEVICE)).float().cpu()
            for batch in texts:
                self.model.encode_text(batch.to(DEVICE)).float().cpu()


def seconds(act) -> tuple[float, float]:
    """By the clock and of the processor."""
    started, busy = time.perf_counter(), time.process_time()
    act()
    return time.perf_counter() - started, time.process_time() - busy


def tell(name: str, base: list[tuple[float, float]], of: list[tuple[float, float]]) -> None:
    told = []
    for place, kind in enumerate(("clock", "processor")):
        ratios = [b[place] / a[place] for a, b in zip(of, base, strict=True)]
        told.append(f"{kind} min {min(ratios):.3f}  median {statistics.median(ratios):.3f}  max {max(ratios):.3f}")
    print(f"  {name}: {'; '.join(told)}  n={len(of)}", flush=True)


def measure(name: str, ref: str, pictures: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        dataset = pilot(Workspace(Path(folder) / "pilot"), pictures)
        loop = Loop(ref, dataset)
        loop.prepare()
        loaded = teachers.load(ref)
        load, teachers.load = teachers.load, lambda ref: loaded  # loading is no part of the throughput
        teacher_features.embed(Workspace(Path(folder) / "warm"), ref, dataset)
        loop.plain()
        took = {"embed": [], "plain": [], "forward": [], "again": []}
        for turn in range(rounds):
            workspace = Workspace(Path(folder) / f"round {turn}")
            took["embed"].append(seconds(lambda: teacher_features.embed(workspace, ref, dataset)))  # noqa: B023
            took["plain"].append(seconds(loop.plain))
            took["forward"].append(seconds(loop.forward))
            teachers.load = None  # a second call has nothing to load
            took["again"].append(seconds(lambda: teacher_features.embed(workspace, ref, dataset)))  # noqa: B023
            again = teacher_features.embed(workspace, ref, dataset)
            assert (again.forward_images, again.forward_texts) == (0, 0)
            teachers.load = lambda ref: loaded
        teachers.load = load
    median = {name: statistics.median(clock for clock, _ in took[name]) for name in took}
    print(f"{name} on {DEVICE}, {torch.get_num_threads()} threads: {loop.contents} pictures and texts of {dataset.name}, "
          f"embed {loop.contents / median['embed']:.0f}/s")  # fmt: skip
    tell("embed beside the plain loop", took["plain"], took["embed"])
    tell("embed beside the bare forward pass", took["forward"], took["embed"])
    tell("plain loop beside the bare forward pass", took["forward"], took["plain"])
    print(f"  the second call: no forward pass, the model is not loaded, {median['again'] * 1000:.0f} ms", flush=True)


def main(pictures: int = 192, rounds: int = 7) -> None:
    with tempfile.TemporaryDirectory() as folder:
        measure("ViT-B-32, random weights", random_vit_b_32(Path(folder) / "ViT-B-32"), pictures, rounds)
    measure("the sample's teacher", sample.TEACHER, 3 * pictures, rounds)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
