/** In the description of every port that Protector makes for a server. */
const OWN_PORT = /^Protector operation ([0-9a-f-]{36}), member ([0-9a-f-]{36}),/;
/** Beginning of the tag of every server that Protector makes. */
const OWN_TAG = /^protector-([0-9a-f]{12})-/;

/** Which operation has made a port, and for which member; undefined for one that Protector has not made. */
export function makerOfPort({
  description,
}: {
  readonly description: string;
}): { readonly operationId: string; readonly memberId: string } | undefined {
  const [, operationId, memberId] = OWN_PORT.exec(description) ?? [];
  return operationId === undefined || memberId === undefined ? undefined : { operationId, memberId };
}

/** Beginning of the id of the operation that has made a server; undefined for one that Protector has not made. */
export function makerOfServer({ tags }: { readonly tags: readonly string[] }): string | undefined {
  return tags.map((tag) => OWN_TAG.exec(tag)?.[1]).find((id) => id !== undefined);
}

/** The part of an operation's id that stands in the names of what it makes. */
export function idInNames(operationId: string): string {
  return operationId.replaceAll("-", "").slice(0, 12);
}
