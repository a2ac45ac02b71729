"""VK ID (id.vk.com) and the part of the VK API that belongs to it, as their clients see them on the wire."""
