"""The clients as asyncio sees them. The blocking ones are made of these files when the distribution is built."""
