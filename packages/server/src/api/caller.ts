/** The user behind a request's token. */
export interface Caller {
  readonly userId: string;
  readonly userName: string;
  /** Undefined for tokens that are not of a project. */
  readonly projectId: string | undefined;
  readonly roles: readonly string[];
  readonly isSystemScoped: boolean;
  /** False for restricted application credentials and for tokens of a trust: Keystone lets them delegate nothing. */
  readonly canDelegate: boolean;
  /** The token itself: a trust can be made with nothing else. Never logged. */
  readonly token: string;
}
