"""What was published: the settings of the training scripts, and the files of the corpora. Light."""

from kdmcse.config import TrainingConfig

PUBLISHED = TrainingConfig(
    epochs=3, batch_size=64, learning_rate=3e-5, warmup_share=0.0, max_length=32, projection_width=256, cross_modal_weight=0.01,
    sentence_margin_radians=0.15, cross_modal_margin_radians=0.15, false_negative_cosine="off", max_gradient_norm=1.0, pooling="cls",
    mixing="published", last_batch="shorter", teacher_length="kept", optimizer="transformers", head_initialisation="normal",
    evaluation_steps=125,
)  # fmt: skip
"""The settings of the published scripts for BERT on Wikipedia with Flickr30k or COCO (Nguyen et al. 2024, run_wiki_*.sh and train_mix.py)."""

AS_PUBLISHED = {"simcse": "simcse_margin"}
"""What the published scripts train under a method's name: their SimCSE has the sentence margin, since it stands in the shared sentence term."""

UNLIKE = ("simcse", "weight_decay", "teacher_vectors", "random_numbers", "sentences", "judgements", "score")
"""What else tells published code, `reproduce` and a new PoC apart; no setting says it."""

CORPORA = {"wiki-flickr": "flickr30k_ViT_L14.json", "wiki-coco": "train_coco_ViT_L14.json"}
"""What can be reproduced -> its published file of teacher features."""
