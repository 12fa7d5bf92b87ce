"""Lists and their memberships."""
