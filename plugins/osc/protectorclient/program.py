"""Runs the `protector` program, which does all the work."""

import json
import os
import shutil
import signal
import subprocess

from osc_lib import exceptions

MISSING = (
    'The program "protector" is not installed, or not in PATH; "openstack protector" hands its work to it. '
    'Install the Debian package "protector", or the npm package ("npm install --global protector-<version>.tgz"); '
    "or name its path in PROTECTOR_PROGRAM."
)


def find_program():
    named = os.environ.get("PROTECTOR_PROGRAM")
    program = shutil.which(named or "protector")
    if program is None:
        raise exceptions.CommandError(MISSING if named is None else "PROTECTOR_PROGRAM: no program %s" % named)
    return program


def run_program(argv, session, secondary_cloud, tell):
    """Runs the program to its end. Terminal, progress and questions are its own.

    :param argv: list that begins with the program; never holds the login
    :param session: the login, handed over by the environment
    :param tell: called with each text that belongs around the result
    :returns: results in order, and the exit code
    """
    env = dict(os.environ, PROTECTOR_SESSION=json.dumps(session))
    if secondary_cloud:
        env["OS_SECONDARY_CLOUD"] = secondary_cloud
    # Ctrl-C comes to the program as well, which decides what it means: we stay until it has ended.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    results = []
    try:
        with subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, encoding="utf-8") as process:
            for line in process.stdout:
                message = json.loads(line)
                if "text" in message:
                    tell(message["text"])
                else:
                    results.append(message)
        code = process.returncode
    finally:
        signal.signal(signal.SIGINT, before)
    return results, code if code >= 0 else 128 - code
