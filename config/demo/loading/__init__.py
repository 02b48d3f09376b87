"""How the demo's content becomes a shop: by the public services, in the order of time."""
