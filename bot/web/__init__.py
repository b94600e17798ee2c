"""aiohttp server: health checks, metrics, the demo's page; webhook and other routes are passed in."""
