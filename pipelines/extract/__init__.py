"""From the bytes of a page to what it says: decode, parse, text, residue, metadata, dates, language, walls."""
