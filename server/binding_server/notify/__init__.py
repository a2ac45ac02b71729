"""How one-time codes reach people: by mail, or through a gateway over HTTP."""
