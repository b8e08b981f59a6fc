"""Cinder's own FlashArray driver (iSCSI), except for how cinder-volume itself reaches the bytes of a volume.

Everything that is asked of the array is asked by the driver as it is, and servers are connected by it. Only where
cinder-volume reads or writes a volume itself (image to volume, volume to image), no initiator logs in: the array of the
test keeps each volume in a file, ARRAYS/<array name>/<serial number>.raw, and that file is opened.
"""

import os

from oslo_utils import units

from cinder import interface
from cinder.volume.drivers import pure

ARRAYS = "/var/lib/protector-arrays"


@interface.volumedriver
class FlashArrayFilesDriver(pure.PureISCSIDriver):

    def _attach_volume(self, context, volume, properties, remote=False):
        array = self._get_current_array()
        serial = array.get_volume(self._get_vol_name(volume))["serial"]
        path = os.path.join(ARRAYS, array.array_name, serial + ".raw")
        return {"device": {"path": path}, "conn": None, "connector": None}, volume

    def _detach_volume(self, context, attach_info, volume, properties, force=False, remote=False,
                       ignore_errors=False):
        # An image is written as a file of its own size, and a volume keeps the size that it was made with.
        path = attach_info["device"]["path"]
        size = volume.size * units.Gi
        if os.path.getsize(path) < size:
            os.truncate(path, size)
