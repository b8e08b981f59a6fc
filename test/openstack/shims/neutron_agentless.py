"""Mechanism driver of Neutron's ML2 plugin for a cloud without hypervisors: every port is bound, by nobody."""

from neutron_lib import constants
from neutron_lib.api.definitions import portbindings
from neutron_lib.plugins.ml2 import api


class AgentlessDriver(api.MechanismDriver):

    connectivity = portbindings.CONNECTIVITY_L2

    def initialize(self):
        """Nothing has to be set up."""

    def bind_port(self, context):
        first = next(iter(context.segments_to_bind), None)
        if first is not None:
            details = {portbindings.CAP_PORT_FILTER: True}
            context.set_binding(first[api.ID], portbindings.VIF_TYPE_OVS, details,
                                status=constants.PORT_STATUS_ACTIVE)
