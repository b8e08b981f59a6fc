import type { ImageRecipe } from "../machines/image.ts";
import { BASE_FOLDER } from "./paths.ts";

/** The system of a cloud's machine: Debian with everything that runs in one, and the tools of an administrator. */
export const CLOUD_IMAGE: ImageRecipe = {
  folder: BASE_FOLDER,
  packages: [
    ...["systemd", "systemd-sysv", "dbus", "adduser", "sudo", "ca-certificates", "openssl"],
    ...["iproute2", "iputils-ping", "net-tools", "netcat-openbsd", "inetutils-telnet", "curl"],
    ...["procps", "psmisc", "less", "vim-tiny", "git", "python3-pip"],
    ...["mariadb-server", "rabbitmq-server", "memcached", "python3-pymysql", "python3-memcache"],
    ...[
      "keystone",
      "glance-api",
      "placement-api",
      "neutron-server",
      "uwsgi-core",
      "uwsgi-plugin-python3",
      "qemu-utils",
    ],
    ...["nova-api", "nova-conductor", "nova-scheduler", "nova-compute"],
    ...["cinder-api", "cinder-scheduler", "cinder-volume"],
    ...["python3-openstackclient", "python3-cinderclient", "python3-osc-placement"],
  ],
  disabledUnits: [
    ...["keystone", "glance-api", "placement-api", "neutron-api", "neutron-rpc-server"],
    ...["nova-api", "nova-api-metadata", "nova-conductor", "nova-scheduler", "nova-compute"],
    ...["cinder-api", "cinder-scheduler", "cinder-volume", "rabbitmq-server"],
    // Hardware that a machine of a test does not have.
    ...["libvirtd", "libvirtd.socket", "libvirtd-ro.socket", "libvirtd-admin.socket", "libvirt-guests"],
    ...["virtlockd.socket", "virtlogd.socket", "iscsid.socket", "iscsid", "open-iscsi", "rtslib-fb-targetctl"],
    ...["e2scrub_reap", "apt-daily.timer", "apt-daily-upgrade.timer", "getty@tty1", "console-getty"],
  ],
};
