"""Features in Russian Gherkin: steps for QA, who write no Python.

    # conftest.py beside the features
    pytest_plugins = ["binding_client.testing.gherkin"]

pytest then collects every `*.feature`, runs each scenario in a world of its own against the whole stack, and tells of a
failed one what happened so far. `pytest --collect-only tests/scenarios` lists them. A tag such as `@H01` names the
scenario's id: it becomes the marker `scenario("H01")` and the test's name. Needs the extra `testing`.
"""

pytest_plugins = [
    f"binding_client.testing.gherkin.{name}"
    for name in (
        "collecting",
        "stacks",
        "telling",
        "people",
        "signing_in",
        "contacts",
        "binding",
        "refusals",
        "chats",
        "problems",
        "school",
        "support",
        "roster",
        "faults",
        "clock",
        "races",
        "privacy",
    )
]
