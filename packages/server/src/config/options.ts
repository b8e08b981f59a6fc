import type { OptionTable } from "./option.ts";
import { MESSAGING_OPTIONS } from "./options-messaging.ts";

/** Every option of `protector.conf`, by section, except the sections that `[storage] enabled_backends` names. */
export const OPTIONS = {
  DEFAULT: {
    debug: {
      type: "bool",
      default: "false",
      mutable: true,
      help: "Write verbose logs. They hold names and addresses.",
    },
    log_dir: {
      type: "path",
      default: "/var/log/protector",
      help: "Directory of protector-api.log and protector-engine.log; set to nothing, standard error alone is used.",
    },
    log_file: { type: "path", help: "File to log to instead of the one named after the program; relative to log_dir." },
    use_json: { type: "bool", default: "false", help: "Log one JSON object per line." },
    state_path: {
      type: "path",
      default: "/var/lib/protector",
      help: "Working directory: the keys of [secrets] key_repository, and mock_storage with the arrays of the driver mock.",
    },
    host: {
      type: "string",
      help: "Name of this machine in service lists and logs; the machine's host name without it.",
    },
    graceful_shutdown_timeout: {
      type: "int",
      default: "60",
      min: 0,
      help: "Seconds that running work has to end after SIGTERM; 0 = no limit.",
    },
    transport_url: {
      type: "string",
      default: "rabbit://guest:guest@127.0.0.1:5672/",
      secret: true,
      help: "RabbitMQ as rabbit://user:password@host:port,user:password@host:port/vhost. none:// does without: engines then find work by their sweep alone.",
    },
    control_exchange: { type: "string", default: "protector", help: "Exchange that work is announced on." },
  },
  api: {
    bind_host: { type: "string", default: "0.0.0.0", help: "Address that protector-api listens on." },
    bind_port: {
      type: "port",
      default: "8788",
      help: "Port of the REST API, the same as in the registered endpoints.",
    },
    workers: { type: "int", default: "4", min: 1, max: 256, help: "Number of API worker processes." },
    max_limit: { type: "int", default: "1000", min: 1, help: "Most items in one page of a list." },
  },
  database: {
    connection: {
      type: "string",
      secret: true,
      help: "This site's own database: mysql+pymysql://user:password@host[:port]/database[?ssl_ca=file] or sqlite:///file.",
      example: "mysql+pymysql://protector:PROTECTOR_DBPASS@controller/protector",
    },
    max_pool_size: { type: "int", default: "5", min: 1, help: "Connections kept per process." },
    max_overflow: { type: "int", default: "5", min: 0, help: "Connections beyond max_pool_size in busy times." },
    max_retries: {
      type: "int",
      default: "10",
      min: -1,
      help: "Attempts to reach the database at the start; -1 = without end.",
    },
    retry_interval: { type: "int", default: "10", min: 1, help: "Seconds between those attempts." },
  },
  keystone_authtoken: {
    www_authenticate_uri: {
      type: "url",
      help: "Keystone as clients reach it; told to them with a 401.",
      example: "http://controller:5000",
    },
    auth_url: { type: "url", help: "Keystone as this service reaches it.", example: "http://controller:5000" },
    auth_type: {
      type: "string",
      default: "password",
      choices: ["password", "v3password", "v3applicationcredential"],
      help: "How the service user logs in.",
    },
    username: { type: "string", default: "protector", help: "Service user." },
    password: { type: "string", secret: true, help: "The service user's password.", example: "PROTECTOR_PASS" },
    project_name: { type: "string", default: "service", help: "The service user's project." },
    user_domain_name: { type: "string", default: "Default", help: "Domain of the service user." },
    project_domain_name: { type: "string", default: "Default", help: "Domain of its project." },
    application_credential_id: { type: "string", help: "With auth_type v3applicationcredential." },
    application_credential_secret: { type: "string", secret: true, help: "With auth_type v3applicationcredential." },
    region_name: {
      type: "string",
      help: "This site's region; without it the only region that has a protector endpoint.",
    },
    interface: {
      type: "string",
      default: "internal",
      choices: ["public", "internal", "admin"],
      help: "Which endpoints of this site's services are called.",
    },
    cafile: {
      type: "path",
      help: "PEM file of the authorities that Keystone's and the other services' certificates must come from.",
    },
    insecure: { type: "bool", default: "false", help: "Accept any certificate." },
    http_connect_timeout: { type: "int", default: "60", min: 1, help: "Seconds a call to Keystone may take." },
    http_request_max_retries: {
      type: "int",
      default: "3",
      min: 0,
      help: "Repeats of a call to Keystone that failed in passing.",
    },
    memcached_servers: {
      type: "list",
      default: "",
      help: "host:port of the memcached servers that hold validated tokens; in the process without them.",
      example: "controller:11211",
    },
    token_cache_time: {
      type: "int",
      default: "300",
      min: -1,
      help: "Seconds a validated token is not asked about again; -1 = always ask.",
    },
    service_token_roles: { type: "list", default: "service", help: "Roles of which a service token must hold one." },
    service_token_roles_required: { type: "bool", default: "true", help: "Refuse service tokens without such a role." },
    service_type: {
      type: "string",
      default: "protector",
      help: "How access rules of application credentials name this service.",
    },
  },
  oslo_policy: {
    policy_file: {
      type: "path",
      default: "/etc/protector/policy.yaml",
      help: "Rules that differ from the defaults; read again when it changes. May be missing.",
    },
    policy_dirs: {
      type: "multi",
      default: "policy.d",
      help: "Directories of further rule files, relative to the directory of policy_file.",
    },
    policy_default_rule: {
      type: "string",
      default: "default",
      help: "Rule that stands in for one that is referred to but not defined.",
    },
  },
  service_credentials: {
    default_trust_roles: {
      type: "list",
      default: "member,_member_",
      help: "Roles that a tenant delegates to the service by trust; those that the tenant does not hold are left out.",
    },
  },
  storage: {
    enabled_backends: { type: "list", default: "", help: "Sections that describe this site's arrays." },
    array_networks: {
      type: "list",
      default: "",
      help: "Networks (CIDR) that array addresses given through the API must be in; without any: all but loopback and link-local.",
    },
    ssl_ca_file: {
      type: "path",
      help: "PEM file of the authorities that the certificates of arrays named by policies must come from.",
    },
    insecure: { type: "bool", default: "false", help: "Accept any certificate of arrays named by policies." },
  },
  hooks: {
    networks: {
      type: "list",
      default: "",
      help: "Networks (CIDR) that hooks may be called in; without any: all but loopback and link-local.",
    },
    ssl_ca_file: {
      type: "path",
      help: "PEM file of the authorities that the certificates of hooks must come from; the system's without it.",
    },
  },
  cinder: {
    group_type: {
      type: "string",
      default: "protector-consistent",
      help: "Group type of the Cinder groups that mirror protection groups.",
    },
  },
  secrets: {
    key_repository: {
      type: "path",
      default: "$state_path/keys",
      help: "Keys that array tokens and site passwords are encrypted with; the same on every host of the site.",
    },
  },
  engine: {
    workers: { type: "int", default: "1", min: 1, max: 64, help: "Number of engine processes." },
    lease_seconds: {
      type: "int",
      default: "30",
      min: 5,
      help: "Seconds until another engine takes over the operation of one that is silent.",
    },
    sweep_interval: {
      type: "int",
      default: "10",
      min: 1,
      help: "Seconds between looks for work whose message was lost.",
    },
    marker_interval: {
      type: "int",
      default: "60",
      min: 5,
      help: "Seconds between looks at the markers on the arrays.",
    },
    peer_interval: {
      type: "int",
      default: "30",
      min: 5,
      help: "Seconds between looks at whether the other site answers.",
    },
    recovery_point_interval: {
      type: "int",
      default: "30",
      min: 5,
      help: "Seconds between looks at the recovery points on the arrays.",
    },
    readiness_interval: {
      type: "int",
      default: "600",
      min: 60,
      help: "Seconds between looks at the readiness of a group; the groups are spread over them.",
    },
    readiness_history_days: {
      type: "int",
      default: "30",
      min: 1,
      help: "Days that a readiness finding is listed after it is gone.",
    },
    drill_overdue_days: {
      type: "int",
      default: "180",
      min: 1,
      help: "Days after which readiness warns that no test of a group has succeeded.",
    },
    max_operations: { type: "int", default: "25", min: 1, help: "Operations that one engine runs at once." },
    calls_per_service: {
      type: "int",
      default: "16",
      min: 1,
      help: "Calls to one OpenStack service of one site at once.",
    },
    calls_per_array: { type: "int", default: "8", min: 1, help: "Calls to one array at once." },
    call_timeout: {
      type: "int",
      default: "60",
      min: 1,
      help: "Seconds one call to an OpenStack service or an array may take; what it may have made is looked for only after that time.",
    },
    plan_wait: {
      type: "int",
      default: "600",
      min: 60,
      help: "Seconds that an operation waits for its plan while a site or an array that it has to look at does not answer. Then it ends as failed, nothing has been changed, and its group is free. A dry run does not wait.",
    },
    metrics_bind: {
      type: "string",
      help: "host:port that answers GET /metrics for Prometheus, of one engine process; none without it.",
      example: "127.0.0.1:9788",
    },
  },
  healthcheck: {
    detailed: {
      type: "bool",
      default: "false",
      help: "Tell the version and each check's reason to everyone who asks.",
    },
    disable_by_file_path: {
      type: "path",
      help: "While this file exists, the node reports itself as unavailable.",
    },
  },
  oslo_middleware: {
    enable_proxy_headers_parsing: {
      type: "bool",
      default: "false",
      help: "Believe Forwarded and X-Forwarded-* of a proxy in front.",
    },
    max_request_body_size: { type: "int", default: "114688", min: 1024, help: "Largest request body in bytes." },
  },
  ...MESSAGING_OPTIONS,
} as const satisfies OptionTable;

/** Options of a section that `[storage] enabled_backends` names. */
export const BACKEND_OPTIONS = {
  driver: {
    type: "string",
    default: "flasharray",
    choices: ["flasharray", "mock"],
    help: "Kind of array; mock is a file without data, for labs.",
  },
  fa_url: { type: "url", help: "Management address of the FlashArray.", example: "https://array-a.example.com" },
  fa_api_token: { type: "string", secret: true, help: "API token of a FlashArray user that may change storage." },
  cinder_host: {
    type: "string",
    help: "host@backend#pool under which Cinder uses this array; learned from existing volumes without it.",
  },
  ssl_ca_file: { type: "path", help: "PEM file of the authorities that the array's certificate must come from." },
  insecure: { type: "bool", default: "false", help: "Accept any certificate of the array." },
} as const satisfies OptionTable[string];
