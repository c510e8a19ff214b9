"""Sample data: a made-up shop with planted truth, the same shop in Chinese, and one real data set."""
