"""Client of the FlashArray's REST interface 1.x, which Cinder's driver of the Zed release imports under this name.

Debian has no such package. This one was written from the calls that the driver makes.
"""
