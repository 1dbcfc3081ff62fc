"""Widgets used by more than one page. No method here."""
