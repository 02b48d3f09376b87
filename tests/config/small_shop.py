"""Runs two small programs under the real supervisor: `small_shop.py FOLDER [NAME=CODE …]`.

Each is a parent with a child of its own, as web server and worker are, and writes the ids of both
to FOLDER. `NAME=CODE` makes that program end by itself with this code.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from config.serving.supervisor import Program, supervise

folder = Path(sys.argv[1])
endings = dict(argument.split("=") for argument in sys.argv[2:])

BODY = """
import os, signal, subprocess, sys, time
name, folder, ending = sys.argv[1:]
print("this is", name, flush=True)
if name == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "300"])
temporary = f"{folder}/{name}.part"
with open(temporary, "w") as file:
    file.write(f"{os.getpid()} {child.pid}")
os.rename(temporary, f"{folder}/{name}.pids")
if ending:
    print("cannot go on", flush=True)
    sys.exit(int(ending))
time.sleep(300)
"""
names = ("web", "stubborn") if "stubborn" in endings else ("web", "worker")
programs = [
    Program(
        name=name,
        command=[sys.executable, "-c", BODY, name, str(folder), endings.get(name, "")],
        log=folder / f"{name}.log",
    )
    for name in names
]
ready = [folder / f"{name}.pids" for name in names]
sys.exit(
    supervise(
        programs,
        say=lambda line: print(line, flush=True),
        environment=os.environ,
        is_ready=lambda: all(path.exists() for path in ready),
        on_ready=lambda: print("ready", flush=True),
        patience_seconds=1.0,
    )
)
