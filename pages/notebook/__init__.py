"""What the pages share: the cell, the controls, the session, the language."""
