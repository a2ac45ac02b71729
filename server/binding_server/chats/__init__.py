"""Where class chats live: adapters of `use_cases.ports.ChatProvider`. The store keeps what is wanted; a provider makes
it real."""
