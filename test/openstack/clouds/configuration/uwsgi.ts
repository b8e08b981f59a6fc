import { iniText } from "./ini.ts";
import type { ConfigurationFile } from "./service.ts";

/** An API that Debian's unit runs with uwsgi; the unit itself names the port. */
export interface UwsgiOptions {
  readonly path: string;
  /** User and group that it runs as. */
  readonly user: string;
  /** The WSGI application's file. */
  readonly application: string;
  readonly logFile: string;
  readonly processes: number;
  readonly threads: number;
}

/** File that Debian's unit gives to uwsgi, with workers for a small cloud instead of Debian's 8 or 16 processes. */
export function uwsgiFile(options: UwsgiOptions): ConfigurationFile {
  const { path, user, application, logFile, processes, threads } = options;
  const settings = {
    master: true,
    plugins: "python3",
    "wsgi-file": application,
    "need-app": true,
    "lazy-apps": true,
    "enable-threads": true,
    "thunder-lock": true,
    "die-on-term": true,
    "no-orphans": true,
    "buffer-size": 65535,
    // uwsgi's socket does not serve a second request on a connection, and has to say so.
    "add-header": "Connection: close",
    "wsgi-manage-chunked-input": true,
    processes,
    threads,
    listen: 100,
    uid: user,
    gid: user,
    chdir: `/var/lib/${user}`,
    logto: logFile,
    "disable-logging": true,
  };
  return { path, text: iniText({ uwsgi: settings }) };
}
