"""CRM records: contacts, deals, products, line items, orders, carts."""
