// All are linear in the text, which may be a megabyte from a stranger: every repetition is bounded or can start in one place only.
// A secret ends where the next output begins in a list of ffmpeg's tee, `|[` or `\\|[`, which no address that is used contains.
const USERINFO = /\b([a-z][a-z0-9+.-]{0,31}:\/\/)[^\s/?#"']*@/gi;
const PARAMETER = /([?&;]([\w.-]+)=)(?:(?!\\?\|\[)[^&#\s"'])+/g;
const SECRET_NAME =
  /token|secret|password|passwd|passphrase|signature|credential|key|sig|auth|streamid|^pass$|pwd/i;

/** What follows the application in an address of RTMP: whoever has it may send in the owner's place. */
const STREAM_KEY = /\b(rtmps?:\/\/[^\s/?#"']+\/[^\s/?#"']+\/)(?:(?!\\?\|\[)[^\s?#"'])+/gi;

/**
 * Replaces the credentials of every URL in a text by `***`: user info, and query parameters with a name of secrets. For an address that
 * is shown to its owner; everything else takes `maskSecrets`.
 */
export const maskCredentials = (text: string): string =>
  text
    .replace(USERINFO, "$1***@")
    .replace(PARAMETER, (whole, start: string, name: string) =>
      SECRET_NAME.test(name) ? `${start}***` : whole,
    );

/** The same, and the stream keys in the paths of RTMP: for logs, errors and events. */
export const maskSecrets = (text: string): string =>
  maskCredentials(text).replace(STREAM_KEY, "$1***");
