"""The benchmark: `make bench`. For developers; nothing of Segue imports it."""
