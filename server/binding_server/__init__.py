"""The binding service: the one authority on which e-diary account is linked to which Sferum learning profile.

Rooms: `domain` decides, `use_cases` load, decide and save, `store`, `identity` and `chats` reach the outside, `api`
speaks gRPC,
`app` builds everything. Importing any of them has no side effect.
"""
