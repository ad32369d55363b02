"""What decides whether, when and how a request goes out: one idea in each module."""
