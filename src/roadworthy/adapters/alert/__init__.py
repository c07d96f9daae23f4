"""Where alerts go: signed webhooks, chats, mail."""
