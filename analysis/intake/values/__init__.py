"""Values: cells to words, numbers and instants."""
