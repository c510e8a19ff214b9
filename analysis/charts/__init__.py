"""Charts of the answers; they never compute."""
