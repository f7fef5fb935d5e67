/** Who calls, as an address names them. */
export type Credentials = { readonly user: string; readonly password: string };

const USERINFO = /^[a-z]+:\/\/([^/?@:]*)(?::([^/?@]*))?@/i;

/** The user info of an address as it is written; undefined if it has none. */
export function credentialsIn(url: string): Credentials | undefined {
  const [, user, password = ""] = USERINFO.exec(url) ?? [];
  return user === undefined ? undefined : { user, password };
}
