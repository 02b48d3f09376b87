"""The kernel's own pages: the work list, the events, the API's clients."""
