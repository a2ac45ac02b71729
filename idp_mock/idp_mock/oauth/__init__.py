"""What both providers share of OAuth: the server's core, codes, tokens, PKCE, keys. Knows no web framework."""
