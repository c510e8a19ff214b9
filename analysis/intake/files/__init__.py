"""Files: what each is, opened safely, whatever its format."""
