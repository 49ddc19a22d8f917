/** What belongs here: everything that knows Request Tracker 5 and its REST 2 interface. */
import type { HelpdeskDefinition } from '../../core/ports.js';
import { createConnector } from './connector.js';
import { optionsSchema } from './options.js';

export const requestTracker: HelpdeskDefinition = {
  name: 'request-tracker',
  optionsSchema,
  create: (settings, context) => createConnector(settings, optionsSchema.parse(settings.options ?? {}), context),
};
