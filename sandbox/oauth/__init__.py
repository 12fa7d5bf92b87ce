"""OAuth: the page an admin sees, and the tokens an app gets."""
