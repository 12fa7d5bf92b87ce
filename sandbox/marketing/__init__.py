"""What a HubSpot portal's marketing tools know: e-mail, forms, pages, consent, workflows."""
