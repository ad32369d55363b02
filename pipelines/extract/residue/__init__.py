"""What stands among the paragraphs and is none of the text: labelled with the rule that says so, never deleted."""
