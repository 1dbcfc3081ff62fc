"""What a page shows, where it is too much for the page itself."""
