"""The published feature files and settings. No network."""
