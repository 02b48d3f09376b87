"""Asks the web server of this container whether it is ready, by a name that it answers to."""

import os
import sys
import urllib.request

host = os.environ["BACKROOM_ALLOWED_HOSTS"].split(",")[0].strip().lstrip(".")
address = f"http://127.0.0.1:{os.environ.get('PORT', '8000')}/healthz/ready"
try:
    with urllib.request.urlopen(
        urllib.request.Request(address, headers={"Host": host}), timeout=5
    ) as answer:
        sys.exit(answer.status != 200)
except OSError as error:
    sys.exit(str(error))
