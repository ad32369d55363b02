"""The archive side's command line, one file a verb. It never loads the crawler."""
