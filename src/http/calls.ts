/** What the router needs of a call. `{v}` is the version, `{…}` a parameter. */
export type CallAddress = {
  readonly method: "get" | "post" | "put" | "patch" | "delete";
  readonly path: string;
};

/**
 * All calls. Their requests and answers are described by schemas (`task-routes.ts`, `event-routes.ts` and the like), which
 * are loaded after the start: they would take a third of it.
 */
export const CALLS = {
  createTask: { method: "post", path: "/api/v{version}/task/transcoding" },
  listTasks: { method: "get", path: "/api/v{version}/task/transcoding" },
  readTask: { method: "get", path: "/api/v{version}/task/transcoding/{task_id}" },
  cancelTask: { method: "post", path: "/api/v{version}/task/transcoding/{task_id}/cancel" },
  deleteTask: { method: "delete", path: "/api/v{version}/task/transcoding/{task_id}" },
  retryTask: { method: "post", path: "/api/v{version}/task/transcoding/{task_id}/retry" },
  planTask: { method: "post", path: "/api/v{version}/task/transcoding/plan" },
  readTaskLog: { method: "get", path: "/api/v{version}/task/transcoding/{task_id}/log" },
  readTaskKey: { method: "get", path: "/api/v{version}/task/transcoding/{task_id}/keys/{key}" },
  readTaskEvents: { method: "get", path: "/api/v{version}/task/transcoding/{task_id}/events" },
  readEvents: { method: "get", path: "/api/v{version}/task/transcoding/events" },
  listNotifications: {
    method: "get",
    path: "/api/v{version}/task/transcoding/{task_id}/notifications",
  },
  replayNotification: {
    method: "post",
    path: "/api/v{version}/task/transcoding/{task_id}/notifications/{notification_id}/replay",
  },
  createProfile: { method: "post", path: "/api/v{version}/profile" },
  readProfile: { method: "get", path: "/api/v{version}/profile/{profile_name}" },
  listProfiles: { method: "get", path: "/api/v{version}/profiles" },
  deleteProfile: { method: "delete", path: "/api/v{version}/profile/{profile_name}" },
  listAllTasks: { method: "get", path: "/api/v{version}/admin/tasks" },
  readAnyTask: { method: "get", path: "/api/v{version}/admin/tasks/{task_id}" },
  cancelAnyTask: { method: "post", path: "/api/v{version}/admin/tasks/{task_id}/cancel" },
  retryAnyTask: { method: "post", path: "/api/v{version}/admin/tasks/{task_id}/retry" },
  listClients: { method: "get", path: "/api/v{version}/admin/clients" },
  addClient: { method: "post", path: "/api/v{version}/admin/clients" },
  changeClient: { method: "patch", path: "/api/v{version}/admin/clients/{client_code}" },
  rotateKeys: { method: "post", path: "/api/v{version}/admin/clients/{client_code}/rotate" },
  readQueue: { method: "get", path: "/api/v{version}/admin/queue" },
  listWorkers: { method: "get", path: "/api/v{version}/admin/workers" },
  readLimits: { method: "get", path: "/api/v{version}/admin/limits" },
  readDrain: { method: "get", path: "/api/v{version}/admin/drain" },
  beginDrain: { method: "post", path: "/api/v{version}/admin/drain" },
  endDrain: { method: "delete", path: "/api/v{version}/admin/drain" },
  readMediaPlaces: { method: "get", path: "/api/v{version}/media" },
  readMedia: { method: "get", path: "/api/v{version}/media/{path}" },
  uploadMedia: { method: "put", path: "/api/v{version}/media/{path}" },
  readHealth: { method: "get", path: "/healthz" },
  readReadiness: { method: "get", path: "/readyz" },
  readMetrics: { method: "get", path: "/metrics" },
} as const satisfies Record<string, CallAddress>;
