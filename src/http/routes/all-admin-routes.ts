import {
  addClientRoute,
  cancelAnyTaskRoute,
  changeClientRoute,
  listAllTasksRoute,
  listClientsRoute,
  readAnyTaskRoute,
  retryAnyTaskRoute,
  rotateKeysRoute,
} from "./admin-routes.ts";
import {
  beginDrainRoute,
  endDrainRoute,
  listWorkersRoute,
  readDrainRoute,
  readLimitsRoute,
  readQueueRoute,
} from "./standing-routes.ts";

/** All calls of operators, for the description of the API. */
export const ADMIN_ROUTES = [
  listAllTasksRoute,
  readAnyTaskRoute,
  cancelAnyTaskRoute,
  retryAnyTaskRoute,
  listClientsRoute,
  addClientRoute,
  changeClientRoute,
  rotateKeysRoute,
  readQueueRoute,
  listWorkersRoute,
  readLimitsRoute,
  readDrainRoute,
  beginDrainRoute,
  endDrainRoute,
];
