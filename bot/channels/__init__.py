"""The only code that knows Telegram: updates in, replies out, transport and limits."""
