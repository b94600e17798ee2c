"""palsbot: what people meet. `app` puts the parts together; `channels` is the only package that knows Telegram."""
