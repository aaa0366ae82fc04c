"""Recorded prices from the exchange's public history into the files that the embedded exchange plays.

`paging` asks page by page, `rows` reads what comes, `part` keeps it, `files` knows the names, `fetch` puts them
together. Nothing here opens a socket or prints: the exchange and the display are given.
"""
