"""Where and when: clicks on elements and places, and the hours of the week."""
