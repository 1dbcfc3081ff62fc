"""The functions of the product from a shell."""
