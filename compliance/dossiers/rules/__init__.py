"""What papers a product needs, which of them hold on a day, and what a file may be. Pure."""
