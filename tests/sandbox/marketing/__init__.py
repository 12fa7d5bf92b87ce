"""The marketing rooms of the stand-in, asked over HTTP without a network."""
