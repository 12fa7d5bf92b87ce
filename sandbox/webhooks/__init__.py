"""Messages to the apps: what is told, to whom, and when it is sent."""
