"""An encoder on held-out data: similarity, retrieval, maps and benchmarks. Trains nothing."""
