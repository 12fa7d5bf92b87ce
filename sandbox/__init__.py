"""A stand-in HubSpot: a stateful Flask application that answers as HubSpot does."""
