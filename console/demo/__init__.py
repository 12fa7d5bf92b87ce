"""The demonstration: the main job on real purchases, against the stand-in HubSpot."""
