"""Arms, their sizes, and what differs between them: what the campaign and the experiment questions share."""
