"""Re-run: any WARCs, any time, derived again part by part, and the same bytes whoever does it."""
