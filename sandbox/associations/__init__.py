"""Associations between records, in both directions."""
