"""The training of a student: which rows make which step, the step, the loop, its checkpoints. Nothing here measures a student on held-out data."""
