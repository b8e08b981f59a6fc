/** An answer to a caller who is not known, as keystonemiddleware gives it. */
export interface UnauthorizedAnswer {
  readonly status: 401;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

/** @param keystoneUri Keystone as clients reach it: `[keystone_authtoken] www_authenticate_uri`. */
export function unauthorizedAnswer(keystoneUri: string): UnauthorizedAnswer {
  const message = "The request you have made requires authentication.";
  return {
    status: 401,
    headers: { "www-authenticate": `Keystone uri="${keystoneUri}"` },
    body: { error: { code: 401, title: "Unauthorized", message } },
  };
}
