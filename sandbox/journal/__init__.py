"""The Webhooks Journal: what happens, kept for three days for apps that come and read."""
