"""The sample news site on loopback that the demo and the tests crawl, and a site that serves a labelled corpus.

`SampleSite` and `CorporaSite` are context managers; see README.md.
"""
