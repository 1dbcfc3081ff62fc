"""What the finished models can do on the test tables, through the ordinary library calls. Reported, never tuned on."""

from __future__ import annotations

import zipfile
from pathlib import Path

import torch
from catalogue import ATTRIBUTES
from PIL import Image
from scipy.stats import spearmanr
from tables import Tables


def teacher_figures(folder: Path, pictures: Path, tables: Tables) -> dict[str, float]:
    """Image-to-caption retrieval among the test captions, cosines, and Spearman of caption cosines with the gold."""
    import open_clip

    name = f"local-dir:{folder}"
    model, _, transform = open_clip.create_model_and_transforms(name)
    model.eval()
    tokenize = open_clip.get_tokenizer(name)
    test = [pair for pair in tables.pairs if pair.split == "test"]
    with zipfile.ZipFile(pictures) as archive:
        images = [transform(Image.open(archive.open(pair.image)).convert("RGB")) for pair in test]
    sentences = {said.text for row in tables.sts for said in row[:2]}
    with torch.no_grad():
        pictured = model.encode_image(torch.stack(images), normalize=True)
        captioned = model.encode_text(tokenize([pair.sentence.text for pair in test]), normalize=True)
        said = dict(zip(sentences, model.encode_text(tokenize(list(sentences)), normalize=True), strict=True))
    cosines = pictured @ captioned.T  # (test images, test captions)
    products = [pair.sentence.product for pair in test]
    same = torch.tensor([[one == other for other in products] for one in products])
    best = [products[i] for i in cosines.argmax(1)]
    figures = {
        f"best caption for a picture has the right {name}": share(
            [getattr(one, name) == getattr(other, name) for one, other in zip(products, best, strict=True)]
        )
        for name in ATTRIBUTES
    }
    ten = same.gather(1, cosines.topk(10, dim=1).indices)
    figures["best caption for a picture is of the same product"] = share(ten[:, 0].tolist())
    figures["one of the best ten captions is of the same product"] = share(ten.any(1).tolist())
    figures["mean cosine of picture and own caption"] = cosines.diagonal().mean().item()
    figures["mean cosine of picture and other product's caption"] = cosines[~same].mean().item()
    figures["share of own captions above cosine 0.8"] = share((cosines.diagonal() > 0.8).tolist())
    figures["share of other products' captions above cosine 0.8"] = share((cosines[~same] > 0.8).tolist())
    figures["Spearman on sts.csv"] = spearman([float(said[a.text] @ said[b.text]) for a, b, _ in tables.sts], tables)
    return figures


def student_figures(folder: Path, tables: Tables) -> dict[str, float]:
    """Spearman of the untuned student's cosines with the gold."""
    from sentence_transformers import SentenceTransformer

    student = SentenceTransformer(str(folder), device="cpu")
    one, other = (student.encode([row[side].text for row in tables.sts], normalize_embeddings=True) for side in (0, 1))
    return {"Spearman on sts.csv": spearman((one * other).sum(1).tolist(), tables)}


def spearman(cosines: list[float], tables: Tables) -> float:
    return float(spearmanr(cosines, [score for _, _, score in tables.sts]).statistic)


def share(hits: list[bool]) -> float:
    return sum(hits) / len(hits)
