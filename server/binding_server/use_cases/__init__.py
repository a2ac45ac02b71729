"""One function per thing that a caller can ask for: load what is known, let the domain decide, save the outcome."""
