"""Numbers over time, what is out of the ordinary, and what a change is made of."""
