"""What `segue` can do, one command a file."""
