"""The only room with HTTP to the CRM."""
