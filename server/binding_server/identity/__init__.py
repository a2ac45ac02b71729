"""Who is who: ESIA as a resource server sees it, VK ID as an OAuth client sees it, back ends by their own keys."""
