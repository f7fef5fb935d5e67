import { createContext } from "preact";
import { useContext } from "preact/hooks";

/**
 * Who is signed in, and what the service lets them do.
 *
 * @typedef {{
 *   api: import("./api.js").Api,
 *   clientCode: string,
 *   say: (text: string) => void,
 * }} Session
 */

/** Given by `app.js` to all views of somebody who is signed in. */
export const SessionContext = createContext(/** @type {Session | undefined} */ (undefined));

/** @returns {Session} */
export function useSession() {
  const session = useContext(SessionContext);
  if (!session) throw new Error("Cannot show this view: nobody is signed in");
  return session;
}
