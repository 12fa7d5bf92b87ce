"""The purchases the demonstration is built on; see SOURCE.md."""
