"""Odoo in processes of their own, to be killed or to run at once: what the files of chaos share."""

import subprocess
import sys
import time

#: Seconds in which a process has to come some way.
PATIENCE = 120


def start(script):
    """Start a process that runs a script in Odoo's shell, on the same database."""
    command = [sys.executable, "-m", "odoo", "shell", "--no-http", "--log-level=critical"]
    worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    worker.stdin.write(script.encode())
    worker.stdin.close()
    return worker


def kill_midway(worker, has_come_far, pause=0.0):
    """Kill a process with SIGKILL once it has come some way, and return whether it still ran.

    :param has_come_far: function that says so
    :param float pause: seconds to wait after that
    """
    limit = time.monotonic() + PATIENCE
    while not has_come_far() and worker.poll() is None:
        if time.monotonic() > limit:
            raise TimeoutError("the worker does nothing")
        time.sleep(0.005)
    time.sleep(pause)
    midway = worker.poll() is None
    worker.kill()
    worker.wait()
    return midway


def tell(facts):
    """Say what was found, and return whether it is what was expected.

    :param facts: {what: (found, expected)}
    """
    for name, (found, expected) in facts.items():
        print(f"{'ok   ' if found == expected else 'WRONG'} {name}: {found} of {expected}")
    return all(found == expected for found, expected in facts.values())
