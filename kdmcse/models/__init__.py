"""Teachers and students: where they come from, how they are loaded, what they make of texts and images. Trains nothing."""
