/** What is set of a new client; what is absent is the service's own. */
export type ClientSettings = {
  readonly client_code: string;
  readonly admin?: boolean;
  readonly strong_only?: boolean;
  readonly weight?: number;
  readonly pending_max?: number;
  readonly running_max?: number;
  readonly requests_per_second?: number;
  readonly roots?: readonly string[];
};

/** The clients of a service, as operators see and change them. Answers are those of the API. */
export type Clients = {
  readonly list: () => Promise<readonly unknown[]>;
  readonly add: (settings: ClientSettings) => Promise<unknown>;
  readonly change: (code: string, change: { readonly disabled: boolean }) => Promise<unknown>;
  /** @param keepOld - whether the keys so far stay valid beside the new ones */
  readonly rotate: (code: string, keepOld: boolean) => Promise<unknown>;
  readonly close: () => Promise<void> | void;
};
