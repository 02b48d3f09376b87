"""Runs the web server, the worker and beat on one machine as one thing."""
