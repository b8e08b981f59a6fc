"""Entry points are made from the manifest: one per command and spelling."""

import json
import os

from setuptools import setup

HERE = os.path.dirname(os.path.abspath(__file__))

with open(os.path.join(HERE, "protectorclient", "manifest.json"), encoding="utf-8") as file:
    MANIFEST = json.load(file)


def commands():
    for prefix in ("protector", "dr"):
        yield "%s = protectorclient.commands:Overview" % prefix
        for spec in MANIFEST["commands"]:
            attribute = "_".join(spec["words"]).replace("-", "_")
            for words in [spec["words"], *spec["aliases"]]:
                yield "%s = protectorclient.commands:%s" % ("_".join([prefix, *words]), attribute)


setup(
    version=MANIFEST["version"],
    entry_points={
        "openstack.cli.extension": ["protector = protectorclient.plugin"],
        "openstack.protector.v1": list(commands()),
    },
)
