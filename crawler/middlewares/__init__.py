"""What decides whether, when and how a request goes out: one idea in each module.

In DOWNLOADER_MIDDLEWARES, from the engine to the network:

     50  crawler.middlewares.scope.ScopeMiddleware            may this URL be asked for at all?
    100  crawler.middlewares.robots.RobotsMiddleware          does the host's robots.txt allow it?
    110  crawler.middlewares.budget.BudgetMiddleware          does it stay within its bounds?
    590  crawler.middlewares.inflate.InflateMiddleware        undoes content codings of documents, not of pages
    610  crawler.middlewares.pause.PauseMiddleware            how is the host, and is a retry worth it?
    890  crawler.middlewares.headers.SafeHeadersMiddleware    nothing personal goes out

Scrapy's offsite, robotstxt, httpauth, retry, redirect, httpcompression, cookies and httpproxy middlewares are off
beside them; the settings are in crawler/safety.py. Requests wait in crawler/queues.py, by what crawler/hosts.py knows.
"""
