"""Calls of REST 1.x that cinder.volume.drivers.pure makes, one method each."""

import requests
import urllib3

VERSION = "1.19.0"
REST_VERSION = "1.19"
TIME_LIMIT_SECONDS = 60

# The arrays of a test have certificates that nobody has signed, and the driver is told not to check them.
urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)


class PureError(Exception):
    """The array gave no answer that can be used."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = str(reason)


class PureHTTPError(PureError):
    """The array refused; `code` and `text` are its answer."""

    def __init__(self, target, rest_version, response):
        super().__init__("%s answered %d: %s" % (target, response.status_code, response.text))
        self.target = target
        self.rest_version = rest_version
        self.code = response.status_code
        self.headers = response.headers
        self.text = response.text


class FlashArray:
    """One array, over a session that is opened again when the array has forgotten it."""

    def __init__(self, target, username=None, password=None, api_token=None, rest_version=None,
                 verify_https=False, ssl_cert=None, user_agent=None, request_kwargs=None):
        if not api_token:
            raise PureError("an API token is needed")
        # The driver reads these four by their names.
        self._target = target
        self._api_token = api_token
        self._rest_version = rest_version or REST_VERSION
        self._request_kwargs = {"verify": ssl_cert or True if verify_https else False, **(request_kwargs or {})}
        self._http = requests.Session()
        # Proxies of the environment are not for arrays.
        self._http.trust_env = False
        if user_agent:
            self._http.headers["User-Agent"] = user_agent
        self._open_session()

    # The array itself.

    def get(self, **options):
        return self._call("GET", "array", options)

    def get_rest_version(self):
        return self._rest_version

    def list_array_connections(self, **options):
        return self._call("GET", "array/connection", options)

    def list_ports(self, **options):
        return self._call("GET", "port", options)

    # Volumes and their snapshots.

    def list_volumes(self, **options):
        return self._call("GET", "volume", options)

    def get_volume(self, volume, **options):
        return self._call("GET", "volume/" + volume, options)

    def create_volume(self, volume, size, **options):
        return self._call("POST", "volume/" + volume, {**options, "size": size})

    def copy_volume(self, source, dest, **options):
        return self._call("POST", "volume/" + dest, {**options, "source": source})

    def create_snapshot(self, volume, **options):
        return self._call("POST", "volume", {**options, "snap": True, "source": [volume]})[0]

    def set_volume(self, volume, **options):
        return self._call("PUT", "volume/" + volume, options)

    def rename_volume(self, volume, name):
        return self.set_volume(volume, name=name)

    def extend_volume(self, volume, size):
        return self.set_volume(volume, size=size, truncate=False)

    def destroy_volume(self, volume):
        return self._call("DELETE", "volume/" + volume)

    def eradicate_volume(self, volume):
        return self._call("DELETE", "volume/" + volume, {"eradicate": True})

    def list_volume_private_connections(self, volume, **options):
        return self._call("GET", "volume/%s/host" % volume, options)

    # Hosts.

    def list_hosts(self, **options):
        return self._call("GET", "host", options)

    def create_host(self, host, **options):
        return self._call("POST", "host/" + host, options)

    def set_host(self, host, **options):
        return self._call("PUT", "host/" + host, options)

    def delete_host(self, host):
        return self._call("DELETE", "host/" + host)

    def list_host_connections(self, host, **options):
        return self._call("GET", "host/%s/volume" % host, options)

    def connect_host(self, host, volume, **options):
        return self._call("POST", "host/%s/volume/%s" % (host, volume), options)

    def disconnect_host(self, host, volume):
        return self._call("DELETE", "host/%s/volume/%s" % (host, volume))

    # Protection groups and their snapshots.

    def list_pgroups(self, **options):
        return self._call("GET", "pgroup", options)

    def get_pgroup(self, pgroup, **options):
        return self._call("GET", "pgroup/" + pgroup, options)

    def create_pgroup(self, pgroup, **options):
        return self._call("POST", "pgroup/" + pgroup, options)

    def set_pgroup(self, pgroup, **options):
        return self._call("PUT", "pgroup/" + pgroup, options)

    def destroy_pgroup(self, pgroup):
        return self._call("DELETE", "pgroup/" + pgroup)

    def eradicate_pgroup(self, pgroup):
        return self._call("DELETE", "pgroup/" + pgroup, {"eradicate": True})

    def create_pgroup_snapshot(self, source, **options):
        return self._call("POST", "pgroup", {**options, "snap": True, "source": [source]})[0]

    # Pods.

    def get_pod(self, pod, **options):
        return self._call("GET", "pod/" + pod, options)

    def create_pod(self, pod, **options):
        return self._call("POST", "pod/" + pod, options)

    def add_pod(self, pod, array):
        return self._call("POST", "pod/%s/array/%s" % (pod, array))

    def eradicate_pod(self, pod):
        return self._call("DELETE", "pod/" + pod, {"eradicate": True})

    def _open_session(self):
        answer = self._send("POST", "auth/session", {"api_token": self._api_token})
        if answer.status_code != 200:
            raise PureHTTPError(self._target, self._rest_version, answer)

    def _call(self, method, path, options=None):
        answer = self._send(method, path, options or {})
        if answer.status_code == 401:
            self._open_session()
            answer = self._send(method, path, options or {})
        if answer.status_code != 200:
            raise PureHTTPError(self._target, self._rest_version, answer)
        return answer.json()

    def _send(self, method, path, options):
        url = "https://%s/api/%s/%s" % (self._target, self._rest_version, path)
        try:
            return self._http.request(method, url, json=options, timeout=TIME_LIMIT_SECONDS, **self._request_kwargs)
        except requests.RequestException as error:
            raise PureError(error) from error
