"""Tests of localchat over HTTP."""
