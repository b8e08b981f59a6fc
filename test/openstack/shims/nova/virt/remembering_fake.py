"""Nova's own fake hypervisor, which in addition survives a restart of nova-compute.

The fake driver has its servers in memory only; a real hypervisor still has them when nova-compute comes back. Here they
are taken from Nova's database then. The file is installed beside Nova's drivers, as Nova looks for them nowhere else.
"""

from nova import context as nova_context
from nova import objects
from nova.compute import power_state
from nova.compute import vm_states
from nova.virt import fake

# A server in one of these states is not on the hypervisor.
ABSENT = (vm_states.BUILDING, vm_states.ERROR, vm_states.SHELVED_OFFLOADED, vm_states.SOFT_DELETED, vm_states.DELETED)

POWER_STATES = {
    vm_states.STOPPED: power_state.SHUTDOWN,
    vm_states.SHELVED: power_state.SHUTDOWN,
    vm_states.PAUSED: power_state.PAUSED,
    vm_states.SUSPENDED: power_state.SUSPENDED,
}


class RememberingFakeDriver(fake.FakeDriver):

    def init_host(self, host):
        super().init_host(host)
        context = nova_context.get_admin_context()
        for instance in objects.InstanceList.get_by_host(context, host, expected_attrs=["info_cache"]):
            if instance.vm_state not in ABSENT:
                self._remember(instance)

    def _remember(self, instance):
        state = POWER_STATES.get(instance.vm_state, power_state.RUNNING)
        self.instances[instance.uuid] = fake.FakeInstance(instance.name, state, instance.uuid)
        cache = instance.info_cache
        for vif in (cache.network_info if cache else None) or ():
            self._interfaces[vif["id"]] = vif
