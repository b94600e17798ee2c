"""aiohttp pages: health, the webhook's route, the demo's strip."""
