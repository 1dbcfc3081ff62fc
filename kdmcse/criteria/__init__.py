"""What counts as success, locked before results are seen, and what follows from it: go, extend or stop."""
