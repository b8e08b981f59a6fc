"""Runs the `protector` program, which does all the work."""

import hashlib
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


DIFFERENT = (
    'The plugin of openstack and the program "%(path)s" are not of the same release: the plugin is of %(own)s, the program '
    'of %(other)s, and "%(words)s" is not the same in both. Install the same release of both: the Debian packages '
    '"protector" and "python3-protectorclient", or the npm package and the wheel.'
)


def require_known(path, manifest, spec):
    """Sees that the program knows a command as the plugin does; asked once per program and plugin.

    :raises CommandError: that names both releases
    """
    program = os.stat(path)
    digest = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
    mark = "%s %d %d %s" % (os.path.abspath(path), program.st_mtime_ns, program.st_size, digest)
    folder = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "protector")
    seen = os.path.join(folder, "openstack-plugin")
    try:
        with open(seen, encoding="utf-8") as file:
            if file.read() == mark:
                return
    except OSError:
        pass
    described = describe(path)
    if described == manifest:
        remember(folder, seen, mark)
    elif not knows(described, manifest, spec):
        other = described["version"] if described else version_of(path)
        words = " ".join(spec["words"])
        facts = {"path": path, "own": manifest["version"], "other": other, "words": words}
        raise exceptions.CommandError(DIFFERENT % facts)


def describe(path):
    """What the program says of its commands; None = it is too old to say it."""
    try:
        asked = subprocess.run([path, "describe-commands"], capture_output=True, encoding="utf-8", check=True)
        return json.loads(asked.stdout)
    except (subprocess.CalledProcessError, ValueError):
        return None


def version_of(path):
    asked = subprocess.run([path, "--version"], capture_output=True, encoding="utf-8")
    return asked.stdout.strip().replace("protector ", "", 1) or "an unknown release"


def knows(described, manifest, spec):
    if not described:
        return False
    found = [one for one in described["commands"] if one["words"] == spec["words"]]
    flags = {option["flag"] for one in found for option in one["options"] + described["common"]}
    needed = {option["flag"] for option in spec["options"] + manifest["common"]}
    return bool(found) and found[0]["arguments"] == spec["arguments"] and needed <= flags


def remember(folder, path, mark):
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(mark)
    except OSError:
        pass  # It is asked again the next time.


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
