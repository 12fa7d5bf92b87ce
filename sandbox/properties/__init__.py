"""Property definitions, groups and the values they allow."""
