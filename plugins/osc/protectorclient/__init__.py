"""Protector in the `openstack` command."""
