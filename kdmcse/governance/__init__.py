"""What the one who is responsible for data and models needs: today how a dataset is deleted with everything that rests on it."""
