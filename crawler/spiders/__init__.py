"""Spiders: one for each way in. They fill the ledger and work it off; they parse nothing."""
