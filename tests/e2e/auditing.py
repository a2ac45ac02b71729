"""Who reads the audit in tests, and what a ticket says."""

from __future__ import annotations

from typing import Any

READS = ["SupportService/ListAuditRecords", "SupportService/GetDecision"]
WORKS = ["SupportService/ResolveTicket", "SupportService/GetTicket", "SupportService/ListTickets"]
SERVICES = {
    "support": {"methods": READS + WORKS, "municipalities": "*"},
    "support-here": {"methods": READS, "municipalities": ["ekaterinburg"]},
    "support-tagil": {"methods": READS, "municipalities": ["tagil"]},
    "helper": {"methods": ["BindingService/Unbind"], "municipalities": [], "acts_for": ["EDIARY66"]},
}
"""Support of all, of one and of the other municipality, and a back end that unbinds for persons."""
ITEMS: dict[str, Any] = {
    "municipality": "Екатеринбург",
    "school_name": "Школа № 5",
    "full_name": "Воронов Борис",
    "vk_user_id": "700300102",
}
