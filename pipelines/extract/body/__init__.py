"""Which blocks of a page are its article: trafilatura is heard as a witness, the page's own tree decides."""
