"""The two models of the sample: a small CLIP as teacher, a small BERT as student, each trained from random weights.

Both are trained on fresh material from streams of their own (see the data card), never on the tables of the proof of
concept. The loops are plain: nothing here is the method that the dashboard evaluates.
"""

from __future__ import annotations

import json
import math
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import torch
from catalogue import Product, every_product
from drawing import draw_image
from PIL import Image
from tables import make_texts, stream
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from wording import LANGUAGES, write_unlike

if TYPE_CHECKING:
    from transformers import BertForMaskedLM, PreTrainedTokenizerFast

THREADS = 2  # for the teacher; the student is so small that a second thread only costs
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
PAD, UNK, CLS, SEP, MASK = range(len(SPECIAL))

TEACHER_VOCABULARY = 1200
TEACHER_CONTEXT = 32  # tokens
TEACHER_SIDE = 64  # pixels
TEACHER_WIDTH = 128  # of the shared space
TEACHER_IMAGES = 5000
TEACHER_EPOCHS = 9
TEACHER_BATCH = 128
TEACHER_RATE = 1.5e-3

STUDENT_VOCABULARY = 1500
STUDENT_LENGTH = 32  # tokens
STUDENT_SENTENCES = 8000
STUDENT_EPOCHS = 8
STUDENT_BATCH = 64
STUDENT_RATE = 2e-3
MASKED_SHARE = 0.2
WARMUP_SHARE = 0.1


def make_deterministic(seed: int, threads: int) -> None:
    """One seed, a fixed number of threads, no operation whose result depends on timing."""
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)


def train_tokenizer(sentences: list[str], size: int, folder: Path, length: int) -> None:
    """Train a small byte-pair tokenizer and save it in `folder` so that AutoTokenizer finds it there.

    Pieces of at most six characters: Japanese has no spaces, so that longer pieces would swallow whole captions.
    """
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Metaspace(), pre_tokenizers.Punctuation()])
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=list(SPECIAL), max_token_length=6, show_progress=False
    )
    tokenizer.train_from_iterator(sentences, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", CLS), ("[SEP]", SEP)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=length,
    ).save_pretrained(folder)


def learning_rate(step: int, steps: int) -> float:
    """Share of the full rate: linear warm-up, then half a cosine down to nothing."""
    warmup = max(1, round(WARMUP_SHARE * steps))
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup)))


# Teacher


def fresh_image(job: tuple[int, Product]) -> np.ndarray:
    """An image from the teacher's own stream, already at the teacher's size; (side, side, 3) uint8."""
    number, product = job
    image = draw_image(product, stream(f"teacher picture {number}"))
    return np.asarray(image.resize((TEACHER_SIDE, TEACHER_SIDE), Image.Resampling.BICUBIC))


def fresh_images(products: list[Product]) -> torch.Tensor:
    """(N, 3, side, side) uint8."""
    with ProcessPoolExecutor(THREADS, mp_context=get_context("spawn")) as pool:
        images = list(pool.map(fresh_image, enumerate(products), chunksize=100))
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).contiguous()


def teacher_config() -> dict:
    """What open_clip reads: model_cfg builds the towers, preprocess_cfg the image transform.

    `hf_tokenizer_name` only has to be set: for `local-dir:` open_clip always takes the tokenizer of the folder itself,
    so that the folder can be copied anywhere.
    """
    return {
        "model_cfg": {
            "embed_dim": TEACHER_WIDTH,
            "vision_cfg": {"image_size": TEACHER_SIDE, "layers": [1, 1, 1, 1], "width": 16, "patch_size": None},
            "text_cfg": {
                "context_length": TEACHER_CONTEXT,
                "vocab_size": TEACHER_VOCABULARY,
                "hf_tokenizer_name": "tokenizer-in-this-folder",
                "width": 128,
                "heads": 4,
                "layers": 2,
                "pool_type": "eos",
                "eos_id": SEP,
                "pad_id": PAD,
            },
        },
        "preprocess_cfg": {
            "mean": [0.5, 0.5, 0.5],
            "std": [0.25, 0.25, 0.25],
            "interpolation": "bicubic",
            "resize_mode": "shortest",
        },
    }


def train_teacher(folder: Path, held_out: frozenset[str]) -> None:
    """Train the teacher and leave it in `folder`, as open_clip's `local-dir:` wants it."""
    import open_clip
    from open_clip.loss import ClipLoss
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    rng = stream("teacher")
    products = rng.choices(every_product(), k=TEACHER_IMAGES)

    def captions() -> list[str]:
        return [write_unlike(product, rng.choice(LANGUAGES), rng, taken=held_out).text for product in products]

    train_tokenizer(captions(), TEACHER_VOCABULARY, folder, TEACHER_CONTEXT)
    config = teacher_config()
    (folder / "open_clip_config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    tokenize = open_clip.get_tokenizer(f"local-dir:{folder.resolve()}")
    make_deterministic(1, THREADS)
    model = open_clip.CLIP(**config["model_cfg"])
    images = fresh_images(products)
    mean, std = (torch.tensor(config["preprocess_cfg"][name]).view(1, 3, 1, 1) * 255 for name in ("mean", "std"))

    plain = [p for p in model.parameters() if p.ndim >= 2]
    gains = [p for p in model.parameters() if p.ndim < 2]
    optimizer = torch.optim.AdamW(
        [{"params": plain, "weight_decay": 0.1}, {"params": gains, "weight_decay": 0.0}],
        lr=TEACHER_RATE,
        betas=(0.9, 0.98),
    )
    batches = TEACHER_IMAGES // TEACHER_BATCH
    steps = TEACHER_EPOCHS * batches
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: learning_rate(step, steps))
    contrast = ClipLoss()
    model.train()
    for epoch in range(TEACHER_EPOCHS):
        tokens = tokenize(captions())
        order = torch.randperm(TEACHER_IMAGES)
        total = 0.0
        for rows in order[: batches * TEACHER_BATCH].view(batches, TEACHER_BATCH):
            batch = (images[rows].float() - mean) / std
            mirrored = torch.rand(len(rows)) < 0.5
            batch[mirrored] = batch[mirrored].flip(-1)
            loss = contrast(*model(batch, tokens[rows]))
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            with torch.no_grad():
                model.logit_scale.clamp_(0, math.log(100))
            total += loss.item()
        print(f"teacher epoch {epoch + 1}/{TEACHER_EPOCHS}: loss {total / batches:.3f}", flush=True)
    weights = {name: value.contiguous() for name, value in model.state_dict().items()}
    save_file(weights, folder / "open_clip_model.safetensors", metadata={"format": "pt"})


# Student


def train_student(folder: Path, shunned: frozenset[Product], held_out: frozenset[str]) -> None:
    """Pretrain the student by masked language modelling and leave it in `folder` as sentence-transformers reads it."""
    from transformers import AutoTokenizer

    sentences = make_texts(STUDENT_SENTENCES, stream("student sentences"), shunned, held_out)
    make_deterministic(2, 1)
    with TemporaryDirectory() as bare:
        train_tokenizer(sentences, STUDENT_VOCABULARY, Path(bare), STUDENT_LENGTH)
        tokenizer = AutoTokenizer.from_pretrained(bare)
        model = masked_language_model(sentences, tokenizer)
        model.bert.save_pretrained(bare)
        save_sentence_transformer(Path(bare), folder)


def masked_language_model(sentences: list[str], tokenizer: PreTrainedTokenizerFast) -> BertForMaskedLM:
    """A small BERT trained to restore masked pieces of the sentences."""
    from transformers import BertConfig, BertForMaskedLM

    model = BertForMaskedLM(
        BertConfig(
            vocab_size=STUDENT_VOCABULARY,
            hidden_size=96,
            num_hidden_layers=2,
            num_attention_heads=4,
            intermediate_size=384,
            max_position_embeddings=64,
            pad_token_id=PAD,
        )
    )
    encoded = tokenizer(sentences, truncation=True, max_length=STUDENT_LENGTH, padding="longest", return_tensors="pt")
    ids, attention = encoded.input_ids, encoded.attention_mask
    optimizer = torch.optim.AdamW(model.parameters(), lr=STUDENT_RATE, weight_decay=0.01)
    batches = len(sentences) // STUDENT_BATCH
    steps = STUDENT_EPOCHS * batches
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: learning_rate(step, steps))
    model.train()
    for epoch in range(STUDENT_EPOCHS):
        total = 0.0
        for rows in torch.randperm(len(sentences))[: batches * STUDENT_BATCH].view(batches, STUDENT_BATCH):
            length = int(attention[rows].sum(1).max())
            masked, labels = mask_tokens(ids[rows, :length])
            loss = model(input_ids=masked, attention_mask=attention[rows, :length], labels=labels).loss
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(f"student epoch {epoch + 1}/{STUDENT_EPOCHS}: loss {total / batches:.3f}", flush=True)
    return model


def save_sentence_transformer(bare: Path, folder: Path) -> None:
    """Put mean pooling behind the bare BERT.

    BERT's own pooler is left out: mean pooling never uses it, and parameters without a gradient break distributed
    training. The folder says so itself, so that a plain `SentenceTransformer(folder)` builds none either.
    """
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    no_pooler = {"add_pooling_layer": False}
    transformer = Transformer(str(bare), max_seq_length=STUDENT_LENGTH, model_kwargs=no_pooler)
    pooling = Pooling(transformer.get_embedding_dimension(), pooling_mode="mean")
    SentenceTransformer(modules=[transformer, pooling], device="cpu").save(str(folder), create_model_card=False)
    settings = folder / "sentence_bert_config.json"
    described = json.loads(settings.read_text(encoding="utf-8")) | {"model_kwargs": no_pooler}
    settings.write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")


def mask_tokens(ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """BERT's masking: of the chosen tokens 80 % become [MASK], 10 % another token, 10 % stay. ids (B, L)."""
    chosen = (torch.rand(ids.shape) < MASKED_SHARE) & (ids >= len(SPECIAL))
    labels = ids.masked_fill(~chosen, -100)
    fate = torch.rand(ids.shape)
    masked = ids.masked_fill(chosen & (fate < 0.8), MASK)
    other = torch.randint(len(SPECIAL), STUDENT_VOCABULARY, ids.shape)
    return torch.where(chosen & (fate >= 0.8) & (fate < 0.9), other, masked), labels
