"""The gateway, the routes and the server."""
