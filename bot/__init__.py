"""palsbot: what people meet. `app` puts the parts together; `edge` is the only room that knows Telegram."""
