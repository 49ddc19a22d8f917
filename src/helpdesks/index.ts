/** What belongs here: the registry, one line for each helpdesk. */
import type { HelpdeskDefinition } from '../core/ports.js';
import { desk } from './desk/index.js';
import { requestTracker } from './request-tracker/index.js';

export const HELPDESKS: Readonly<Record<string, HelpdeskDefinition>> = {
  [desk.name]: desk,
  [requestTracker.name]: requestTracker,
};
