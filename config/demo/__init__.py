"""The demo shop: invented brands and products, made through the public services."""
