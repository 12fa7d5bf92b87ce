"""Addresses of HubSpot's own pages; accounts elsewhere than in the US have another domain."""

from integration.store.portals import Portal


def list_page(portal: Portal, list_id: str) -> str:
    """Give the page of a list."""
    return f"https://{portal.ui_domain}/contacts/{portal.portal_id}/objectLists/{list_id}/filters"


def workflow_page(portal: Portal, flow_id: str) -> str:
    """Give the page of a workflow."""
    return f"https://{portal.ui_domain}/workflows/{portal.portal_id}/platform/flow/{flow_id}/edit"
