"""Commands of `openstack protector` and `openstack dr`, made from the manifest of the `protector` program.

`npm run docs` writes the manifest from the program's own definitions. A command's class is made when it is asked for
by name: `protection_group_list` for `protector protection-group list`.
"""

import argparse
import functools
import itertools
import json
import os
import sys

from cliff import columns
from osc_lib.command import command

from protectorclient import program

MANIFEST = os.path.join(os.path.dirname(__file__), "manifest.json")


@functools.lru_cache(maxsize=None)
def manifest():
    with open(MANIFEST, encoding="utf-8") as file:
        return json.load(file)


class Cell(columns.FormattableColumn):
    """A value of the API for programs, and what people read in its place."""

    def __init__(self, cell):
        super().__init__(cell["value"])
        self._text = cell["text"]

    def human_readable(self):
        return self._text


def cell_of(cell):
    return Cell(cell) if isinstance(cell, dict) else cell


class Ended(Exception):
    """The program has ended without a result; it has said why itself."""


class ProtectorCommand(command.Command):
    """What every command has in common; `spec` is its entry in the manifest."""

    spec = None
    exit_code = 0

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        for argument in self.spec["arguments"]:
            nargs = ("+" if argument["isRequired"] else "*") if argument["isMany"] else None
            nargs = nargs or (None if argument["isRequired"] else "?")
            name = argument["name"]
            parser.add_argument(name, metavar="<%s>" % name, nargs=nargs, help=text_of(argument["help"]))
        for option in self.spec["options"]:
            add_option(parser, option)
        common = parser.add_argument_group("protector options")
        for option in manifest()["common"]:
            add_option(common, option)
        return parser

    def take_action(self, parsed_args):
        self._ask_program(parsed_args)

    def run(self, parsed_args):
        try:
            super().run(parsed_args)
        except Ended:
            pass
        return self.exit_code

    def _ask_program(self, parsed_args):
        path = program.find_program()
        program.require_known(path, manifest(), self.spec)
        is_table = getattr(parsed_args, "formatter", "table") == "table"
        session = dict(self.app.client_manager.protector, cloud=self.app.cloud.name)
        results, self.exit_code = program.run_program(
            [path, *self._argv(parsed_args, "people" if is_table else "programs")],
            session,
            getattr(self.app.options, "secondary_cloud", None),
            self._tell,
        )
        return results

    def _argv(self, parsed_args, reader):
        argv = [*self.spec["words"], "--exchange", reader]
        given = vars(parsed_args)
        if getattr(self.app.options, "debug", False):
            argv.append("--debug")
        if not given["--no-wait"] and self.app.stdout.isatty():
            argv.append("--wait")
        for option in self.spec["options"] + manifest()["common"]:
            flag, value = option["flag"], given[option["flag"]]
            if value is True:
                argv.append(flag)
            elif value:
                argv += ["%s=%s" % (flag, one) for one in (value if isinstance(value, list) else [value])]
        operands = [given[argument["name"]] for argument in self.spec["arguments"]]
        words = [word for one in operands if one for word in (one if isinstance(one, list) else [one])]
        return [*argv, "--", *words]

    def _tell(self, text):
        self.app.stdout.write(text)
        self.app.stdout.flush()


class ListCommand(ProtectorCommand, command.Lister):
    def take_action(self, parsed_args):
        results = self._ask_program(parsed_args)
        if not results:
            raise Ended()
        rows = [tuple(cell_of(cell) for cell in row) for result in results for row in result["rows"]]
        return tuple(results[0]["columns"]), rows


class RecordCommand(ProtectorCommand, command.ShowOne):
    def take_action(self, parsed_args):
        results = self._ask_program(parsed_args)
        if not results:
            raise Ended()
        return tuple(results[-1]["columns"]), tuple(cell_of(cell) for cell in results[-1]["rows"][0])


def add_option(parser, option):
    how = {"dest": option["flag"], "help": text_of(option["help"]), "required": option["isRequired"]}
    if option["value"] is None:
        parser.add_argument(option["flag"], action="store_true", **how)
        return
    how["action"] = "append" if option["isRepeatable"] else "store"
    if option["choices"]:
        how["choices"] = option["choices"]
    parser.add_argument(option["flag"], metavar="<%s>" % option["value"], **how)


def text_of(help_text):
    return help_text.replace("%", "%%")


class Overview(command.Command):
    """Disaster recovery with Protector"""

    auth_required = False

    def get_parser(self, prog_name):
        prefix = " ".join(prog_name.split()[:2])
        parser = argparse.ArgumentParser(
            prog=prog_name,
            usage="%s <noun> <verb> [options] [arguments]" % prefix,
            description="Protection groups that fail over between two clouds. The cloud of --os-cloud is worked on; "
            "its peer is found by the registered Keystone, or named with --secondary-cloud.",
            epilog=overview_of(prefix, getattr(self.app_args, "cmd", None) or []),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            add_help=False,
        )
        parser.add_argument("words", nargs="*", help=argparse.SUPPRESS)
        return parser

    def take_action(self, parsed_args):
        raise NotImplementedError

    def run(self, parsed_args):
        known = [name for name in manifest()["nouns"] if parsed_args.words[:1] == [name]]
        if parsed_args.words and (not known or len(parsed_args.words) > 1):
            sys.stderr.write("No command %s.\n" % " ".join(parsed_args.words))
        self.app.stdout.write(overview_of(" ".join(["openstack", self.cmd_name]), known) + "\n")
        return 2 if parsed_args.words else 0


def overview_of(prefix, words):
    """All commands with a line each, by noun; only those of a noun when one is named."""
    nouns = manifest()["nouns"]
    specs = manifest()["commands"]
    chosen = [spec for spec in specs if not words or spec["words"][0] == words[0]] or specs
    width = max(len(" ".join(spec["words"])) for spec in chosen)
    lines = []
    for noun, group in itertools.groupby(chosen, lambda spec: spec["words"][0] if len(spec["words"]) > 1 else None):
        lines.append("%s: %s" % (noun, nouns[noun]) if noun else "recovery:")
        lines += ["  %s  %s" % (" ".join(spec["words"]).ljust(width), spec["help"]) for spec in group]
        lines.append("")
    lines.append("More about each: %s <noun> <verb> --help" % prefix)
    return "\n".join(lines)


BASES = {"list": ListCommand, "record": RecordCommand, "nothing": ProtectorCommand}


def attribute_of(words):
    return "_".join(words).replace("-", "_")


def __getattr__(name):
    for spec in manifest()["commands"]:
        if attribute_of(spec["words"]) == name:
            help_text = spec["help"][:1].upper() + spec["help"][1:]
            body = {"spec": spec, "__module__": __name__, "__doc__": help_text}
            made = type(command.Command)(name, (BASES[spec["kind"]],), body)
            globals()[name] = made
            return made
    raise AttributeError(name)
