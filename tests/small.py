"""Small real things: a student, a teacher and a dataset that are made in a second and used by the ordinary code."""

import functools
import itertools
import json
import tempfile
from pathlib import Path

from PIL import Image

from kdmcse import data
from kdmcse.store.workspace import Workspace

COLOURS = {"red": (200, 30, 30), "blue": (30, 30, 200), "green": (30, 160, 30), "black": (20, 20, 20)}
THINGS = ("mug", "cap", "bag", "lamp", "vase", "plate")


@functools.cache
def _temporary() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="kdmcse-small-", ignore_cleanup_errors=True)


def folder() -> Path:
    """One folder a test process, never shared, gone with it."""
    return Path(_temporary().name)


def _tokenizer():
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    characters = "abcdefghijklmnopqrstuvwxyz 。赤い青緑黒マグカップの帽子"
    vocabulary = {token: i for i, token in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *dict.fromkeys(characters)])}
    vocabulary |= {f"##{c}": len(vocabulary) + i for i, c in enumerate(dict.fromkeys(characters))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_max_length=64,
    )


@functools.cache
def student() -> str:
    """A sentence-transformers folder: BERT of one layer, width 16, dropout on."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    tokenizer = _tokenizer()
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=64,
    )  # fmt: skip
    plain = folder() / "bert"
    BertModel(config, add_pooling_layer=False).save_pretrained(plain)
    tokenizer.save_pretrained(plain)
    transformer = Transformer(str(plain))
    SentenceTransformer(modules=[transformer, Pooling(16, "mean")], device="cpu").save(str(folder() / "student"))
    return str(folder() / "student")


@functools.cache
def static_student() -> str:
    """A sentence-transformers folder of a static embedding, width 16, as model2vec makes them."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    torch.manual_seed(0)
    static = StaticEmbedding(_tokenizer(), embedding_dim=16)
    SentenceTransformer(modules=[static], device="cpu").save(str(folder() / "static"))
    return str(folder() / "static")


@functools.cache
def teacher() -> str:
    """An open_clip folder: ViT of one layer on 32 pixels, width 8."""
    import open_clip
    import torch
    from safetensors.torch import save_file

    path = folder() / "teacher"
    path.mkdir()
    tokenizer = _tokenizer()
    tokenizer.save_pretrained(path)
    config = {
        "embed_dim": 8,
        "vision_cfg": {"image_size": 32, "layers": 1, "width": 16, "head_width": 8, "patch_size": 16},
        "text_cfg": {"context_length": 24, "vocab_size": len(tokenizer), "width": 16, "heads": 2, "layers": 1, "hf_tokenizer_name": "teacher"},
    }  # fmt: skip
    (path / "open_clip_config.json").write_text(json.dumps({"model_cfg": config, "preprocess_cfg": {"size": 32}}))
    torch.manual_seed(0)
    model = open_clip.create_model(f"local-dir:{path}", load_weights=False)
    save_file(
        {name: value.contiguous() for name, value in model.state_dict().items()}, path / "open_clip_model.safetensors"
    )
    return f"local-dir:{path}"


@functools.cache
def transformers_teacher(kind: str) -> Path:
    """A `clip` (width 8) or `siglip` (width 16) with its processor, as transformers saves it."""
    import torch
    import transformers as of

    tokenizer = _tokenizer()
    tower = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    words = {"vocab_size": len(tokenizer), "max_position_embeddings": 24, "eos_token_id": tokenizer.sep_token_id}
    towers = {"text_config": tower | words, "vision_config": tower | {"image_size": 32, "patch_size": 16}}
    torch.manual_seed(0)
    if kind == "clip":
        model = of.CLIPModel(of.CLIPConfig(**towers, projection_dim=8))
        images = of.CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size=32)
        processor = of.CLIPProcessor(images, tokenizer)
    else:
        towers["text_config"] |= {"projection_size": 16}
        model = of.SiglipModel(of.SiglipConfig(**towers))
        processor = of.SiglipProcessor(of.SiglipImageProcessorPil(size={"height": 32, "width": 32}), tokenizer)
    model.save_pretrained(folder() / kind)
    processor.save_pretrained(folder() / kind)
    return folder() / kind


def pilot(into: Path, things: tuple[str, ...] = THINGS, dev: bool = False) -> dict[str, Path]:
    """Files as a user brings them: images, pairs with a split, judgements and decisions on the test products.

    `dev`: every third judgement is there to choose a student by.
    """
    into.mkdir(parents=True, exist_ok=True)
    (into / "images").mkdir(exist_ok=True)
    rows, products = ["image,caption,group,category,split"], list(itertools.product(COLOURS, things))
    for i, (colour, thing) in enumerate(products):
        split = "test" if i % 3 == 2 else "train"
        for n, words in enumerate((f"{colour} {thing}", f"a {thing} in {colour}")):
            name = f"{colour}-{thing}-{n}.png"
            picture = Image.new("RGB", (32, 32), COLOURS[colour])
            picture.paste((255, 255, 255), (4 * (THINGS.index(thing) % 6), n, 4 * (THINGS.index(thing) % 6) + 4, 20))
            picture.save(into / "images" / name)
            rows.append(f"{name},{words},{colour}-{thing},{thing},{split}")
    held = [product for i, product in enumerate(products) if i % 3 == 2]
    sts, decisions = ["sentence1,sentence2,score"], ["text_a,text_b,match,segment"]
    for (c1, t1), (c2, t2) in itertools.combinations_with_replacement(held, 2):
        score = 2.0 * (c1 == c2) + 3.0 * (t1 == t2)
        sts.append(f"the {c1} {t1},one {c2} {t2},{score}")
        decisions.append(f"the {c1} {t1},one {c2} {t2},{int((c1, t1) == (c2, t2))},{t1}")
    if dev:
        sts = [f"{line},{'split' if not i else 'dev' if i % 3 == 0 else 'test'}" for i, line in enumerate(sts)]
    for name, lines in (("pairs", rows), ("sts", sts), ("decisions", decisions)):
        (into / f"{name}.csv").write_text("\n".join(lines) + "\n")
    return {name: into / f"{name}.csv" for name in ("pairs", "sts", "decisions")} | {"images": into / "images"}


def dataset(workspace: Workspace, **changed) -> data.PairDataset:
    """The small pilot, imported."""
    files = pilot(workspace.path / "files", **changed)
    return data.import_dataset(workspace, name="small pilot", **files)
