const USERINFO = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@?#"']+@/gi;
const SECRET_PARAMETER =
  /([?&;](?:[\w.-]*(?:token|secret|password|passwd|passphrase|signature|credential|key|sig|auth)[\w.-]*)=)[^&#\s"']+/gi;

/** Replaces the credentials of every URL in a text by `***`: user info, and query parameters whose name says secret. */
export const maskCredentials = (text: string): string =>
  text.replace(USERINFO, "$1***@").replace(SECRET_PARAMETER, "$1***");
