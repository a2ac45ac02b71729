"""Plugins of the whole test run: the steps of the features in tests/scenarios."""

pytest_plugins = ["binding_client.testing.gherkin"]
