"""Rows for other people's tools: CSV, Parquet, text files. What a column is stands once, in `columns`."""
