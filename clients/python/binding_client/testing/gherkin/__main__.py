"""`python -m binding_client.testing.gherkin` prints the reference of the steps, docs/gherkin.md."""

import sys

from binding_client.testing.gherkin.reference import render

if __name__ == "__main__":
    sys.stdout.write(render())
