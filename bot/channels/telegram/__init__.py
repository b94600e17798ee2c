"""The Telegram adapter: Bot API client, transport, rate limiter, polling, webhook, replies and bulk sending."""
