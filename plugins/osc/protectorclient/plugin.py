"""What `openstack` asks of a plugin. Loaded with every `openstack` command, so it imports next to nothing."""

import json

API_NAME = "protector"
API_VERSION_OPTION = "os_protector_api_version"
API_VERSIONS = {"1": "protectorclient.plugin"}
DEFAULT_API_VERSION = "1"

# What the program looks up in a catalog. A whole catalog may be longer than an environment variable can be.
SERVICE_TYPES = (
    "protector",
    "identity",
    "compute",
    "network",
    "image",
    "placement",
    "volumev3",
    "block-storage",
    "block-store",
    "volume",
)


def build_option_parser(parser):
    parser.add_argument(
        "--os-protector-api-version",
        metavar="<protector-api-version>",
        default=None,
        help="Protector API version, default=%s (Env: OS_PROTECTOR_API_VERSION)" % DEFAULT_API_VERSION,
    )
    parser.add_argument(
        "--secondary-cloud",
        metavar="<cloud>",
        default=None,
        help="Protector: cloud of the peer site (Env: OS_SECONDARY_CLOUD); default: found by its Keystone",
    )
    return parser


def make_client(instance):
    """The login of this command as text for the program; what it does not need is left out."""
    instance.auth_ref  # logs in
    get_auth_state = getattr(instance.auth, "get_auth_state", None)
    state = json.loads((get_auth_state and get_auth_state()) or "null")
    if not state:
        from osc_lib import exceptions

        raise exceptions.CommandError(
            "Protector needs a login at Keystone; auth_type %s makes none." % instance.auth_plugin_name
        )
    token = state["body"]["token"]
    token["catalog"] = [entry for entry in token.get("catalog", []) if entry.get("type") in SERVICE_TYPES]
    config = instance.get_configuration()
    return {
        "auth_url": instance.auth.auth_url,
        "region_name": instance.region_name or None,
        "interface": instance.interface or None,
        "cacert": instance.verify if isinstance(instance.verify, str) else None,
        "insecure": instance.verify is False,
        "protector_endpoint_override": config.get("protector_endpoint_override"),
        "state": state,
    }
