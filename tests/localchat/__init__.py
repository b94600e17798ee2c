"""localchat, over real HTTP."""
