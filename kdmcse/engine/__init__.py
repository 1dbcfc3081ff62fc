"""Runs and background jobs as folders, and how their processes are started. Knows no method."""
