"""The stand-in held against the models of HubSpot's two official Python clients."""
