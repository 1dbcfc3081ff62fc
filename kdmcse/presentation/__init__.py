"""Numbers to sentences and tables, one file a room. Calculates nothing."""
