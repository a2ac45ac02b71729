"""ESIA (Gosuslugi login) as its client systems see it on the wire.

`app.py` lists the routes; each endpoint is a module of its own. Facts come from the ESIA guidelines
("Методические рекомендации по использованию ЕСИА") and from the behaviour that public client libraries expect;
what is only inferred says so where it stands.
"""
