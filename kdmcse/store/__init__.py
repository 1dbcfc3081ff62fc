"""The folders of a workspace, and how content gets into them whole or not at all. Knows nothing of what is in them."""
