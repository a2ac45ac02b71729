"""A reference e-diary web client of the binding service: plain pages, no rules of its own.

It signs a person in through ESIA and shows what the binding service answers. `app` composes it, `pages` holds
one module for each page, `texts` every sentence in Russian and English.
"""
