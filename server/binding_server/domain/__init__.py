"""The rules, pure and synchronous: given what is known, decide. Standard library only; no clock, no randomness."""
