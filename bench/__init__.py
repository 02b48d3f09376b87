"""How fast it is, measured beside what the same machine can do at best. `bin/bench` runs them.

Each module here, except the runner's, is one benchmark: `run()` yields `bench.runner.Result`.
"""
